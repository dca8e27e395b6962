"""npm's openid-client: a Node app that discovers Signet and uses all that it offers to such an app."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.live.app import REDIRECT_URI, SCOPE
from tests.live.node import Node
from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.relying_parties.parts import CHANGES

pytestmark = pytest.mark.node
BACK = "http://127.0.0.1:9/signed-out"


@pytest.fixture
def app(live: Server) -> Iterator[Node]:
    client = live.client(
        client_name="A Node app",
        redirect_uris=[REDIRECT_URI],
        post_logout_redirect_uris=[BACK],
        scope=SCOPE,
        token_endpoint_auth_method="client_secret_post",  # the library's default
    )
    with Node(
        "openid-client.mjs", live.url, client["client_id"], client["client_secret"], REDIRECT_URI
    ) as app:
        yield app


@pytest.fixture
def visitor(alice):
    return Visitor(alice)


@pytest.fixture
def signed_in(app, visitor):
    url = app.ask("start", scope=SCOPE)["url"]
    answer = app.ask("finish", url=visitor.authorize(url, REDIRECT_URI).url)
    assert "error" not in answer, answer
    return answer


def test_discovery_and_a_sign_in_with_pkce_end_with_a_verified_id_token(signed_in, alice):
    assert signed_in["claims"]["sub"] == alice.sub


def test_userinfo_is_about_the_same_person(app, signed_in, alice):
    assert app.ask("userinfo")["email"] == f"{alice.username}@example.org"


def test_the_app_may_introspect_its_own_token_until_it_revokes_the_sign_in(app, signed_in, alice):
    before = app.ask("introspect")
    assert (before["active"], before["sub"]) == (True, alice.sub)
    assert "error" not in app.ask("revoke")
    assert app.ask("introspect") == {"active": False}


def test_a_refresh_gives_a_verified_id_token_of_the_same_sign_in(app, signed_in):
    fresh = app.ask("refresh")
    assert "error" not in fresh, fresh
    assert fresh["claims"]["auth_time"] == signed_in["claims"]["auth_time"]
    assert fresh["tokens"]["refresh_token"] != signed_in["tokens"]["refresh_token"]


@pytest.mark.parametrize("part", CHANGES)
def test_an_id_token_changed_on_its_way_is_refused(app, signed_in, part):
    assert "error" in app.ask("refresh", alterIdToken=CHANGES.index(part))


def test_its_logout_link_signs_the_person_out_and_brings_them_back(app, signed_in, visitor):
    left = visitor.authorize(app.ask("logout", back=BACK)["url"], BACK)
    assert left.parameters == {"state": "bye"}
    silent = app.ask("start", scope="openid")["url"].replace("prompt=consent", "prompt=none")
    answer = visitor.authorize(silent, REDIRECT_URI)
    assert parse_qs(urlsplit(answer.url).query)["error"] == ["login_required"]
