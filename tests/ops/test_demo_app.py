"""The demo apps as people meet them: signed in at both with one password, signed out at both with one click."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.live.demo import DemoApp
from tests.live.server import Server
from tests.live.visitor import Visitor, forms

Start = Callable[..., DemoApp]


@pytest.fixture
def start(live: Server, tmp_path: Path) -> Iterator[Start]:
    apps: list[DemoApp] = []

    def start(name: str, server: Server = live) -> DemoApp:
        apps.append(DemoApp(server, name, tmp_path, first_party=True))
        return apps[-1]

    yield start
    for app in apps:
        app.stop()


def sign_in(visitor: Visitor, app: DemoApp) -> str:
    """The app's page after its button "Sign in" and whatever Signet asked."""
    there = visitor.session.get(f"{app.url}/sign-in", allow_redirects=False, timeout=30)
    arrival = visitor.authorize(there.headers["Location"], f"{app.url}/callback")
    return visitor.session.get(arrival.url, timeout=30).text


def sign_out(visitor: Visitor, app: DemoApp) -> requests.Response:
    [form] = forms(visitor.session.get(app.url, timeout=30))
    return visitor.session.post(form.action, form.fields, timeout=30)


@pytest.fixture
def alice(live: Server) -> Visitor:
    return Visitor(live.user(f"alice-{secrets.token_hex(3)}", "--name", "Alice Liddell"))


def test_one_password_signs_in_at_two_apps_and_one_sign_out_ends_both(alice: Visitor, start: Start):
    notes, photos = start("notes"), start("photos")
    assert "Hello, Alice Liddell" in sign_in(alice, notes)
    assert alice.pages == ["/login"]
    assert "Hello, Alice Liddell" in sign_in(alice, photos)
    assert alice.pages == ["/login"], "no page of Signet was shown the second time"

    assert "You are not signed in" in sign_out(alice, notes).text
    assert "You signed out elsewhere" in alice.session.get(photos.url, timeout=30).text


def test_an_expired_access_token_is_refreshed(make_server, start: Start):
    server = make_server(workers=1, IDP_ACCESS_TOKEN_LIFETIME="5s")  # old, in the app's eyes, from the start
    bob = Visitor(server.user("bob"))
    notes = start("notes", server)
    sign_in(bob, notes)
    for _ in range(3):
        assert "Hello, bob" in bob.session.get(notes.url, timeout=30).text


def test_a_code_that_the_app_never_asked_for_is_refused_kindly(start: Start):
    answer = requests.get(f"{start('notes').url}/callback?code=x&state=y", timeout=30)
    assert answer.status_code < 500
    assert "You are not signed in" in answer.text


def test_a_refusal_is_shown_and_not_failed_on(start: Start, live: Server):
    address = f"{start('notes').url}/callback?error=access_denied&state=y"
    answer = requests.get(f"{address}&iss={live.url}", timeout=30)
    assert "access_denied" in answer.text
    assert (
        "does not come from Signet" in requests.get(f"{address}&iss=https://mallory.example", timeout=30).text
    )


def test_s_082_sign_out_needs_the_app_s_own_form(alice: Visitor, start: Start):
    notes = start("notes")
    assert alice.session.post(f"{notes.url}/sign-out", timeout=30).status_code == 403
