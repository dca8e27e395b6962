"""The tree of sessions: the apps below each, what they were given, and taking that back in one session."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Session
from idp.models import Grant
from tests.factories import make_session, make_user, sign_in
from tests.idp.app import App, make_client

SESSIONS = "/account/sessions"


def page(app: App) -> str:
    return app.browser.get(SESSIONS).content.decode()


def test_an_app_stands_below_its_session_with_its_scopes_in_words(app: App) -> None:
    app.tokens(scope="openid email")
    shown = page(app)
    assert "Grafana" in shown
    assert "It may know that it is you, see your e-mail address." in shown
    assert "or until this session ends" in shown


def test_the_words_are_in_the_language_of_the_page(app: App) -> None:
    app.tokens(scope="openid email")
    app.user.locale = "de"
    app.user.save()
    assert "E-Mail-Adresse" in page(app)
    assert "see your e-mail address" not in page(app)


def test_one_that_stays_when_the_session_ends_says_so(app: App) -> None:
    app.tokens(scope="openid offline_access")
    assert "stays when you sign out" in page(app)
    assert "or until this session ends" not in page(app)


def test_an_app_whose_code_was_never_redeemed_was_given_nothing(app: App) -> None:
    app.code()
    assert "Grafana" not in page(app)


def test_two_sign_ins_at_one_app_are_one_line_with_all_that_was_given(app: App) -> None:
    app.tokens(scope="openid email")
    app.tokens(scope="openid groups")
    shown = page(app)
    assert shown.count("<strong>Grafana</strong>") == 1
    assert "see which groups you are in" in shown
    assert "see your e-mail address" in shown


def test_an_api_and_a_claim_asked_for_alone_are_in_words_too(app: App) -> None:
    app.tokens()
    Grant.objects.update(claims={"userinfo": {"birthdate": None}}, resources=["https://api.example"])
    assert "see your birthdate, use https://api.example for you" in page(app)


class TestTakingBackInOneSession:
    def test_ends_the_tokens_of_that_session_and_no_others(self, app: App) -> None:
        here = app.tokens()
        elsewhere = App(client=app.client, user=app.user, secret=app.secret)
        elsewhere.sign_in()
        there = elsewhere.tokens()
        session = Session.objects.get(pk=Grant.objects.order_by("created_at")[0].session_id)
        answer = elsewhere.browser.post(
            SESSIONS, {"session": session.sid, "app": app.client.client_id}, follow=True
        )
        assert "What Grafana was given there is taken back" in answer.content.decode()
        assert app.refresh(here["refresh_token"]).json()["error"] == "invalid_grant"
        assert app.userinfo(here["access_token"]).status_code == 401
        assert elsewhere.refresh(there["refresh_token"]).status_code == 200
        assert Session.objects.filter(ended_at=None).count() == 2
        event = AuditEvent.objects.get(type="grant.ended")
        assert (event.client_id, event.detail["sid"]) == (app.client.client_id, session.sid)

    def test_is_not_offered_where_the_end_of_the_session_did_it(self, app: App) -> None:
        app.tokens(scope="openid")
        app.browser.post("/logout")
        app.sign_in()
        shown = page(app)
        assert "has no access any more" in shown
        assert "Take back" not in shown

    def test_works_in_a_session_that_is_over_too(self, app: App) -> None:
        tokens = app.tokens(scope="openid offline_access")
        session = app.user.sessions.get()
        app.browser.post("/logout")
        app.sign_in()
        app.browser.post(SESSIONS, {"session": session.sid, "app": app.client.client_id})
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("change", [{"app": "no-such-app"}, {"session": "no-such-session"}])
    def test_s_110_of_nothing_there_does_nothing(self, app: App, change: dict[str, str]) -> None:
        app.tokens()
        form = {"session": app.user.sessions.get().sid, "app": app.client.client_id, **change}
        assert app.browser.post(SESSIONS, form).status_code == 303
        assert Grant.objects.filter(revoked_at=None).exists()

    def test_s_110_only_of_ones_own(self, app: App) -> None:
        app.tokens()
        mallory = Browser()
        sign_in(mallory, make_user("mallory"))
        form = {"session": app.user.sessions.get().sid, "app": app.client.client_id}
        assert mallory.post(SESSIONS, form).status_code == 303
        assert Grant.objects.filter(revoked_at=None).exists()
        assert "Grafana" not in mallory.get(SESSIONS).content.decode()


def test_the_page_costs_the_same_however_many_sessions_and_apps(
    app: App, django_assert_num_queries: Any
) -> None:
    app.tokens()
    make_session(app.user, ended_at=timezone.now())
    with CaptureQueriesContext(connection) as one:
        app.browser.get(SESSIONS)
    spent = len(one)
    for number in range(8):
        other = App(client=make_client(name=f"App {number}"), user=app.user, browser=app.browser)
        other.tokens()
        elsewhere = App(client=app.client, user=app.user, secret=app.secret)
        elsewhere.sign_in()
        elsewhere.tokens()
        make_session(app.user, ended_at=timezone.now())
    with django_assert_num_queries(spent):
        shown = page(app)
    assert shown.count("<strong>Grafana</strong>") == 9
