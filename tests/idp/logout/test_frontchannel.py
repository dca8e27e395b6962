"""Front-channel logout: apps' pages in the browser of who signs out, and the way on without JavaScript."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts import sessions
from idp.logout import frontchannel
from idp.models import LogoutNotice
from tests.idp.app import App, location, make_client

LISTENS, AFTER = "https://app.example/signed-out?tenant=1", "https://app.example/bye"


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    made = make_app(make_client(frontchannel_logout_uri=LISTENS, post_logout_redirect_uris=[AFTER]))
    made.sign_in()
    return made


def frames(response: HttpResponse) -> list[str]:
    return [unescape(source) for source in re.findall(r'<iframe src="([^"]+)"', response.content.decode())]


def refresh(response: HttpResponse) -> str:
    """Where the page goes on to by itself, or ""."""
    found = re.search(r'http-equiv="refresh" content="\d+;url=([^"]+)"', response.content.decode())
    return unescape(found[1]) if found else ""


def sign_out(app: App, **params: str) -> HttpResponse:
    params = {"id_token_hint": app.tokens()["id_token"], "post_logout_redirect_uri": AFTER, **params}
    return app.browser.get("/oauth2/logout?" + "&".join(f"{name}={quote(v)}" for name, v in params.items()))


def test_frontchannel_logout_discovery_endpoint_verification(signing_keys: None) -> None:
    metadata = Browser().get("/.well-known/openid-configuration").json()
    assert metadata["frontchannel_logout_supported"] is True
    assert metadata["frontchannel_logout_session_supported"] is True


def test_frontchannel_rp_initiated_logout(app: App) -> None:
    session = app.user.sessions.get()
    page = sign_out(app, state="a&b")
    [frame] = frames(page)
    assert frame.startswith(f"{LISTENS}&")
    query = parse_qs(urlsplit(frame).query)
    assert query == {"tenant": ["1"], "iss": [settings.ISSUER], "sid": [session.sid]}
    assert refresh(page) == f"{AFTER}?state=a%26b"
    policy = page["Content-Security-Policy"]
    assert "frame-src https://app.example" in policy
    assert "script-src 'self' 'nonce-" in policy
    session.refresh_from_db()
    assert session.ended_at


def test_loading_the_page_again_goes_straight_on(app: App) -> None:
    hint = app.tokens()["id_token"]
    sign_out(app)
    again = app.browser.get(f"/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={AFTER}")
    assert again["Location"] == AFTER


def test_a_sign_out_on_our_own_page_loads_the_frames_and_says_whom_it_told(app: App) -> None:
    app.code()
    page = app.browser.get(location(app.browser.post("/logout")))
    assert page.status_code == 200
    assert len(frames(page)) == 1
    assert b"Grafana" in page.content
    assert LogoutNotice.objects.get().told_at
    assert b"asked in the browser" in page.content
    assert refresh(page) == "", "there is nowhere to go on to"
    assert frames(app.browser.get(page.wsgi_request.path)) == []


def test_other_pages_may_frame_nothing(app: App) -> None:
    assert "frame-src 'none'" in app.browser.get("/account/")["Content-Security-Policy"]


def test_an_app_that_hears_by_its_server_makes_nobody_wait(make_app: Callable[..., App]) -> None:
    client = make_client(
        backchannel_logout_uri="https://app.example/logout", post_logout_redirect_uris=[AFTER]
    )
    app = make_app(client)
    app.sign_in()
    assert sign_out(app)["Location"] == AFTER


def test_without_an_app_that_listens_the_page_is_the_plain_one(make_app: Callable[..., App]) -> None:
    app = make_app()
    app.sign_in()
    app.code()
    assert location(app.browser.post("/logout")) == "/signed-out"


def test_the_farewell_is_that_of_the_session_only_and_not_for_long(app: App) -> None:
    app.code()
    path = location(app.browser.post("/logout"))
    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    assert location(Browser().get(changed)) == "/signed-out"
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert location(Browser().get(path)) == "/signed-out"


def test_a_session_ended_elsewhere_leaves_the_app_untold_and_says_so(app: App) -> None:
    app.code()
    sessions.end(app.user.sessions.get(), reason="test", now=timezone.now())
    notice = LogoutNotice.objects.get()
    assert (notice.told_at, notice.due_at) == (None, None)
    app.sign_in()
    assert b"not told: it listens in the browser only" in app.browser.get("/account/sessions").content


@pytest.mark.parametrize(
    "uri",
    [
        "https://mallory.example/signed-out",
        "https://app.example:444/signed-out",
        "http://app.example/signed-out",
        "https://app.example/signed-out#x",
        "javascript:alert(1)",
        "com.example.app:/signed-out",
        "https://app.example.mallory.example/",
    ],
)
def test_only_a_page_of_the_app_itself_can_be_registered(uri: str, db: None) -> None:
    client = make_client(frontchannel_logout_uri=uri)
    with pytest.raises(ValidationError) as refused:
        client.full_clean()
    assert list(refused.value.message_dict) == ["frontchannel_logout_uri"]


def test_a_page_on_this_machine_can_be_registered(db: None) -> None:
    uri = "http://127.0.0.1:9/"
    make_client(redirect_uris=[f"{uri}cb"], frontchannel_logout_uri=uri).full_clean()


@pytest.mark.parametrize(
    ("uri", "networks"),
    [
        ("http://app.example/logout", []),
        ("https://user:secret@app.example/logout", []),
        ("https://app.example/logout#x", ["10.0.0.0/8"]),
        ("file:///etc/passwd", ["10.0.0.0/8"]),
        ("javascript:alert(1)", []),
    ],
)
def test_s_070_only_addresses_that_can_be_fetched_are_registered_for_the_back_channel(
    uri: str, networks: list[str], settings: Any, db: None
) -> None:
    settings.FETCH_NETWORKS = networks
    client = make_client(backchannel_logout_uri=uri)
    with pytest.raises(ValidationError) as refused:
        client.full_clean()
    assert list(refused.value.message_dict) == ["backchannel_logout_uri"]


def test_the_statements_do_not_grow_with_the_sessions(
    app: App, django_assert_num_queries: Callable[..., Any]
) -> None:
    now, sids = timezone.now(), [f"session-{number}" for number in range(5)]
    for sid in sids:
        LogoutNotice.objects.create(
            sid=sid, sub="x", client=app.client, channel=LogoutNotice.Channel.FRONT, created_at=now
        )
    with django_assert_num_queries(2):
        given = frontchannel.frames(sids, now)
    assert [parse_qs(urlsplit(page).query)["sid"] for page in given] == [[sid] for sid in sids]
    assert frontchannel.frames(sids, now) == []
