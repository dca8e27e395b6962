"""Back-channel logout: the certification plan's module, R-14's odd receivers, and S-113: nobody waits for one."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import sessions
from accounts.models import Session
from idp import outbound
from idp.logout import outbox
from idp.models import LogoutNotice
from idp.tokens import protection
from keys import ring, rotation
from tests.factories import make_session, make_user
from tests.idp.app import App, make_client, verified
from tests.idp.logout.conftest import deliver
from tests.idp.logout.receiver import Receiver

SOON = timedelta(seconds=1)
Problem = LogoutNotice.Problem


def sign_out(app: App) -> Session:
    session: Session = app.user.sessions.get(ended_at=None)
    sessions.end(session, reason="signed out", now=timezone.now())
    return session


def test_backchannel_logout_discovery_endpoint_verification(signing_keys: None) -> None:
    metadata = Browser().get("/.well-known/openid-configuration").json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True


def test_backchannel_rp_initiated_logout(app: App, receiver: Receiver) -> None:
    """Section 2.4 and 2.5, judged by PyJWT with the key that the JWKS publishes."""
    tokens = app.tokens()
    session = app.user.sessions.get()
    before = int(time.time())
    response = app.browser.get(
        f"/oauth2/logout?id_token_hint={tokens['id_token']}&post_logout_redirect_uri=https://app.example/bye"
    )
    assert response["Location"] == "https://app.example/bye"
    deliver()
    [request] = receiver.requests
    assert request["path"] == "/logout?app=1"
    assert request["Content-Type"] == "application/x-www-form-urlencoded"
    assert list(request["form"]) == ["logout_token"]
    [token] = receiver.tokens
    claims = verified(token, app.client.client_id)
    assert jwt.get_unverified_header(token)["typ"] == "logout+jwt"
    assert set(claims) == {"iss", "sub", "aud", "iat", "exp", "jti", "sid", "events"}
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert claims["iss"] == settings.ISSUER
    assert (claims["sid"], claims["sub"]) == (session.sid, str(app.user.pk))
    hinted = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert (claims["sid"], claims["sub"]) == (hinted["sid"], hinted["sub"])
    assert before - 1 <= claims["iat"] <= time.time() + 1
    assert claims["exp"] - claims["iat"] <= 120


def test_a_logout_token_is_no_id_token_hint(app: App, receiver: Receiver) -> None:
    """Section 4.1: cross-JWT confusion."""
    sign_out(app)
    deliver()
    app.sign_in()
    page = app.browser.get(f"/oauth2/logout?id_token_hint={receiver.tokens[0]}")
    assert b"<form" in page.content
    assert app.userinfo(receiver.tokens[0]).status_code == 401


def test_an_app_hears_of_a_session_once_however_often_it_signed_in(app: App, receiver: Receiver) -> None:
    app.code()
    sign_out(app)
    deliver()
    assert len(receiver.requests) == 1


def test_apps_without_an_address_and_other_sessions_hear_nothing(
    app: App, make_app: Callable[..., App], receiver: Receiver
) -> None:
    deaf = make_app(make_client(name="Deaf"), user=app.user, browser=app.browser)
    deaf.code()
    elsewhere = make_session(app.user)
    sessions.end(elsewhere, reason="signed out", now=timezone.now())
    assert not LogoutNotice.objects.exists()
    session = sign_out(app)
    deliver()
    assert receiver.sids == [session.sid]


def test_the_notice_is_kept_or_lost_with_what_ends_the_session(app: App) -> None:
    with transaction.atomic():
        sign_out(app)
        transaction.set_rollback(True)
    assert not LogoutNotice.objects.exists()
    assert Session.objects.get().ended_at is None


@pytest.mark.parametrize(
    ("status", "body"), [(200, b""), (204, b""), (200, b"<html>ok</html>"), (202, b"{}")]
)
def test_what_counts_as_told(app: App, receiver: Receiver, status: int, body: bytes) -> None:
    receiver.status, receiver.body = status, body
    sign_out(app)
    deliver()
    notice = LogoutNotice.objects.get()
    assert (notice.status, notice.problem, notice.due_at, notice.attempts) == (status, "", None, 1)
    assert notice.told_at
    assert deliver(timezone.now() + timedelta(days=2)) == []


@pytest.mark.parametrize(
    ("status", "body", "problem", "shown"),
    [
        (400, b'{"error":"invalid_request"}', Problem.REFUSED, 400),
        (401, b"", Problem.REFUSED, 401),
        (500, b"x" * 10_000, Problem.REFUSED, 500),
        (302, b"", Problem.REDIRECT, None),
        (307, b"", Problem.REDIRECT, None),
        (200, b"x" * (outbound.MAX_BYTES + 1), Problem.TOO_LARGE, None),
    ],
)
def test_r_14_odd_answers_do_no_harm_and_are_tried_again(
    app: App, receiver: Receiver, status: int, body: bytes, problem: str, shown: int | None
) -> None:
    receiver.status, receiver.body = status, body
    sign_out(app)
    now = timezone.now()
    deliver(now)
    notice = LogoutNotice.objects.get()
    assert (notice.status, notice.problem, notice.told_at) == (shown, problem, None)
    assert notice.due_at == now + outbox.BACKOFF[0]
    assert [request["path"] for request in receiver.requests] == ["/logout?app=1"], "no redirect is followed"
    receiver.status, receiver.body = 200, b""
    deliver(notice.due_at + SOON)
    notice.refresh_from_db()
    assert (notice.status, notice.problem, notice.attempts) == (200, "", 2)
    first, second = receiver.claims
    assert first["jti"] != second["jti"]


def test_r_14_a_receiver_that_is_down_is_told_once_when_it_is_back(app: App, receiver: Receiver) -> None:
    receiver.down()
    session = app.user.sessions.get()
    response = app.browser.post("/logout")
    assert response.status_code == 303
    now = timezone.now()
    deliver(now)
    assert LogoutNotice.objects.get().problem == Problem.UNREACHABLE
    receiver.up()
    assert deliver(now + SOON) == []
    for hours in (1, 2, 3):
        deliver(now + timedelta(hours=hours))
    assert receiver.sids == [session.sid]


def test_r_14_a_slow_receiver_holds_up_nobody(
    app: App, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "SILENCE_SECONDS", 0.2)
    receiver.delay = 1.0
    began = time.monotonic()
    app.browser.post("/logout")
    assert time.monotonic() - began < 1.0
    assert receiver.requests == [], "nothing is sent before the answer"
    deliver()
    assert LogoutNotice.objects.get().problem == Problem.UNREACHABLE


def test_s_113_tries_are_bounded_and_further_and_further_apart(app: App, receiver: Receiver) -> None:
    receiver.status = 503
    sign_out(app)
    now, waits = timezone.now(), []
    while due := LogoutNotice.objects.get().due_at:
        waits.append(due - now)
        now = max(now, due)
        assert len(deliver(now)) == 1
    assert tuple(waits[1:]) == outbox.BACKOFF
    assert len(receiver.requests) == len(outbox.BACKOFF) + 1
    assert LogoutNotice.objects.get().problem == Problem.REFUSED


def test_s_113_an_app_that_is_down_costs_one_try_and_holds_up_no_other(
    app: App, make_app: Callable[..., App], receiver: Receiver
) -> None:
    down = make_app(make_client(name="Down", backchannel_logout_uri="http://127.0.0.1:1/"), user=app.user)
    for _ in range(3):
        down.sign_in()
        down.code()
    sessions.end_all(app.user, reason="test", now=timezone.now())
    tried = deliver()
    assert [notice.client.name for notice in tried].count("Down") == 1
    assert len(receiver.requests) == 1
    waiting = LogoutNotice.objects.filter(client=down.client)
    assert {notice.due_at for notice in waiting} == {waiting[0].due_at}


def test_s_113_what_is_a_day_old_is_given_up_all_at_once(app: App) -> None:
    app.client.backchannel_logout_uri = "http://127.0.0.1:1/"
    app.client.save()
    app.sign_in()
    app.code()
    sessions.end_all(app.user, reason="test", now=timezone.now())
    assert len(deliver(timezone.now() + outbox.GIVE_UP + SOON)) == 1
    assert not LogoutNotice.objects.filter(due_at__isnull=False).exists()


def test_only_one_of_two_nodes_gets_a_notice(app: App) -> None:
    sign_out(app)
    now = timezone.now()
    seen_here, seen_there = LogoutNotice.objects.get(), LogoutNotice.objects.get()
    assert outbox.take(seen_here, now)
    assert not outbox.take(seen_there, now)
    assert outbox.claim(now) is None


def test_what_a_node_took_and_did_not_finish_is_due_again(app: App, receiver: Receiver) -> None:
    sign_out(app)
    now = timezone.now()
    outbox.claim(now)
    assert deliver(now + outbox.LEASE - SOON) == []
    assert len(deliver(now + outbox.LEASE + SOON)) == 1
    assert len(receiver.requests) == 1


def test_an_app_that_took_its_address_back_is_left_alone(app: App, receiver: Receiver) -> None:
    sign_out(app)
    app.client.backchannel_logout_uri = ""
    app.client.save()
    deliver()
    notice = LogoutNotice.objects.get()
    assert (notice.problem, notice.due_at) == (Problem.NO_ADDRESS, None)
    assert receiver.requests == []


def test_a_notice_that_can_not_be_made_does_not_stand_before_others(
    app: App, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protection, "sign", lambda *args, **kwargs: 1 / 0)
    sign_out(app)
    deliver()
    assert LogoutNotice.objects.get().problem == Problem.UNSENT


def test_s_070_only_addresses_that_may_be_fetched_are_told(
    app: App, receiver: Receiver, settings: Any
) -> None:
    settings.FETCH_NETWORKS = []
    sign_out(app)
    deliver()
    assert LogoutNotice.objects.get().problem == Problem.UNREACHABLE
    assert receiver.requests == []


def test_the_token_is_signed_as_the_apps_id_tokens_are(
    make_app: Callable[..., App], receiver: Receiver, settings: Any
) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "ES256"]
    rotation.ensure_schedule(timezone.now())
    ring.forget()
    app = make_app(make_client(backchannel_logout_uri=receiver.uri, id_token_signed_response_alg="ES256"))
    app.sign_in()
    app.code()
    sign_out(app)
    deliver()
    assert jwt.get_unverified_header(receiver.tokens[0])["alg"] == "ES256"
    assert verified(receiver.tokens[0], app.client.client_id)


def test_statements_of_a_sign_out(app: App) -> None:
    """One more where nobody asked to hear of it; five for everybody together where somebody did."""

    def statements(end: Callable[[], object]) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            end()
        verbs = [query["sql"].split(None, 1)[0].upper() for query in queries]
        return [verb for verb in verbs if verb in ("SELECT", "INSERT", "UPDATE", "DELETE")]

    lonely = make_session(make_user())
    now: datetime = timezone.now()
    assert statements(lambda: sessions.end(lonely, reason="x", now=now)) == ["UPDATE", "SELECT"]
    assert statements(lambda: sessions.end(lonely, reason="x", now=now)) == ["UPDATE"], "already over"
    assert statements(lambda: sessions.end_all(make_session(make_user()).user, reason="x", now=now))[-2:] == [
        "UPDATE",
        "SELECT",
    ]
    assert statements(lambda: sign_out(app))[1:] == ["UPDATE", "SELECT", "SELECT", "SELECT", "INSERT"]
