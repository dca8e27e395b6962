"""The logout ledger: what the person, the admin and the operator read of it, and how long it is kept."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Session
from idp.clients import metadata
from idp.management.commands import purge
from idp.models import Grant, LogoutNotice
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import App, location, make_client
from tests.idp.logout.conftest import deliver
from tests.idp.logout.receiver import Receiver

ADMIN = f"/{settings.ADMIN_PATH}"


def said(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("logouts", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def admin(db: None) -> Browser:
    browser = Browser()
    sign_in(browser, make_admin())
    return browser


def test_the_page_after_signing_out_says_who_is_told_and_then_what_they_answered(
    app: App, receiver: Receiver
) -> None:
    path = location(app.browser.post("/logout"))
    before = app.browser.get(path).content.decode()
    assert "being told" in before
    assert "Look again" in before
    deliver()
    after = app.browser.get(path).content.decode()
    assert "signed out" in after
    assert "Look again" not in after


def test_after_signing_out_everywhere_the_page_says_which_apps_of_all_sessions_confirmed(
    app: App, receiver: Receiver
) -> None:
    wiki = App(
        client=make_client(name="Wiki", backchannel_logout_uri=receiver.uri), user=app.user, browser=Browser()
    )
    wiki.sign_in()
    wiki.code()
    path = location(app.browser.post("/account/sessions", {"end": "everywhere"}))
    before = app.browser.get(path).content.decode()
    assert "ended everywhere" in before
    assert before.count("being told") == 2
    deliver()
    after = app.browser.get(path).content.decode()
    assert after.count("signed out (answered 200)") == 2
    assert "Wiki" in after


def test_an_app_that_answered_alike_for_two_sessions_is_named_once(app: App, receiver: Receiver) -> None:
    again = App(client=app.client, user=app.user, browser=Browser(), secret=app.secret)
    again.sign_in()
    again.code()
    path = location(app.browser.post("/account/sessions", {"end": "everywhere"}))
    deliver()
    assert app.browser.get(path).content.decode().count("signed out (answered") == 1


def test_where_no_app_is_told_everywhere_leads_to_the_plain_page(make_app: Callable[..., App]) -> None:
    app = make_app(make_client())
    app.sign_in()
    App(client=app.client, user=app.user, browser=Browser()).sign_in()
    assert location(app.browser.post("/account/sessions", {"end": "everywhere"})) == "/signed-out"


def test_one_that_waits_says_when_it_is_tried_again(app: App, receiver: Receiver) -> None:
    receiver.status = 503
    app.browser.post("/logout")
    deliver()
    app.sign_in()
    page = app.browser.get("/account/sessions").content.decode()
    assert "waiting: it answered with an error (503)" in page
    assert "tried again" in page
    assert "Look again" in page


@pytest.mark.parametrize(("status", "words"), [(200, "signed out"), (500, "it answered with an error")])
def test_the_person_reads_it_on_the_account_page(
    app: App, receiver: Receiver, status: int, words: str
) -> None:
    receiver.status = status
    app.browser.post("/logout")
    deliver()
    app.sign_in()
    page = app.browser.get("/account/sessions").content.decode()
    assert "Ended in the last days" in page
    assert "Grafana" in page
    assert words in page


def test_nobody_reads_of_anybody_elses(app: App) -> None:
    app.browser.post("/logout")
    other = Browser()
    sign_in(other, make_user("mallory"))
    assert "Grafana" not in other.get("/account/sessions").content.decode()


def test_sessions_that_ended_long_ago_are_not_shown(app: App) -> None:
    app.browser.post("/logout")
    Session.objects.update(ended_at=timezone.now() - timedelta(days=8))
    app.sign_in()
    assert "Ended in the last days" not in app.browser.get("/account/sessions").content.decode()


def test_the_admin_reads_it_in_a_list_and_on_the_session_and_changes_nothing(
    app: App, receiver: Receiver, admin: Browser
) -> None:
    app.browser.post("/logout")
    deliver()
    notice = LogoutNotice.objects.get()
    page = f"{ADMIN}/idp/logoutnotice/"
    assert "signed out" in admin.get(page).content.decode()
    assert "Grafana" in admin.get(f"{page}{notice.pk}/change/").content.decode()
    assert (
        "Grafana: signed out" in admin.get(f"{ADMIN}/accounts/session/{notice.sid}/change/").content.decode()
    )
    assert admin.post(f"{page}{notice.pk}/change/", {"status": "200"}).status_code == 403
    assert admin.get(f"{page}add/").status_code == 403


def test_the_operator_delivers_and_lists(app: App, receiver: Receiver) -> None:
    session = app.user.sessions.get()
    app.browser.post("/logout")
    [waiting] = said("list", "--waiting")
    assert (waiting["sid"], waiting["attempts"], waiting["told_at"]) == (session.sid, 0, None)
    assert said("deliver") == {"told": 1, "failed": 0}
    assert said("deliver") == {"told": 0, "failed": 0}
    assert said("list", "--waiting") == []
    [told] = said("list", f"--session={session.sid}")
    assert (told["client_id"], told["status"], told["problem"]) == (app.client.client_id, 200, "")
    assert said("list", "--session", "another") == []


def test_the_operator_hears_of_failures(app: App, receiver: Receiver) -> None:
    receiver.status = 500
    app.browser.post("/logout")
    assert said("deliver") == {"told": 0, "failed": 1}
    [waiting] = said("list")
    assert (waiting["status"], waiting["problem"]) == (500, "refused")
    assert waiting["next_try_at"]


def test_the_ledger_is_kept_as_long_as_sessions_are(app: App) -> None:
    app.browser.post("/logout")
    rows = purge.dead(timezone.now() + purge.SESSIONS_KEPT - timedelta(hours=1))["logout notices"]
    assert purge.remove(rows) == 0
    rows = purge.dead(timezone.now() + purge.SESSIONS_KEPT + timedelta(hours=1))["logout notices"]
    assert purge.remove(rows) == 1


@pytest.mark.parametrize(("asks", "kept"), [(True, True), (False, False)])
def test_a_dead_grant_stays_while_its_app_may_have_to_hear_of_the_sessions_end(
    app: App, receiver: Receiver, asks: bool, kept: bool
) -> None:
    if not asks:
        app.client.backchannel_logout_uri = ""
        app.client.save()
    Grant.objects.update(revoked_at=timezone.now())
    purge.remove(purge.dead(timezone.now() + timedelta(days=2))["grants"])
    assert Grant.objects.exists() is kept
    purge.remove(purge.dead(timezone.now() + settings.SESSION_LIFETIME + timedelta(days=1))["grants"])
    assert not Grant.objects.exists()


def test_metadata_has_all_four_names(signing_keys: None) -> None:
    said = {
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": True,
        "frontchannel_logout_uri": "https://app.example/front",
        "frontchannel_logout_session_required": True,
    }
    client = metadata.read({"redirect_uris": ["https://app.example/cb"], **said}).client
    assert client.backchannel_logout_uri == "https://app.example/back"
    client = make_client(**{name: getattr(client, name) for name in said})
    assert said.items() <= metadata.as_response(client).items()


def test_an_admin_sets_them_on_the_apps_page(admin: Browser, make_app: Callable[..., App]) -> None:
    client = make_app().client
    page = admin.get(f"{ADMIN}/idp/client/{client.pk}/change/")
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    values = {name: value for name, value in values.items() if value not in (None, False, [])}
    values |= {"redirect_uris": client.redirect_uris[0], "backchannel_logout_uri": "https://app.example/back"}
    response = admin.post(f"{ADMIN}/idp/client/{client.pk}/change/", values)
    assert response.status_code == 302, response.context["adminform"].form.errors
    client.refresh_from_db()
    assert client.backchannel_logout_uri == "https://app.example/back"
