"""R-06: what a node knows of refresh tokens outlives it (CVE-2026-9802)."""

from tests.conftest import MakeServer
from tests.live.app import App
from tests.live.visitor import Visitor


def test_r_06_reuse_of_a_token_rotated_before_a_restart_ends_the_family(make_server: MakeServer) -> None:
    server = make_server()
    app, visitor = App(server), Visitor(server.user("alice"))
    first = app.sign_in(visitor)
    second = app.refresh(first["refresh_token"]).json()
    third = app.refresh(second["refresh_token"]).json()
    server.stop()
    server.start()
    assert server.userinfo(third["access_token"]).status_code == 200
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert server.userinfo(third["access_token"]).status_code == 401
    assert app.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"
