"""Who reads traces, and where: the error page, an app's tab, the admin's list, the audit log, the command line."""

import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from accounts import roles
from accounts.models import AuditEvent, User
from idp.explaining.reading import explain
from idp.models import Trace
from idp.traces import leaving
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import CALLBACK, App, make_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    """As on a machine that is not its developer's own."""
    settings.LOCAL = False


@pytest.fixture
def refused() -> Trace:
    """Somebody returned to an address with a slash too many."""
    App(make_client(client_id="notes", name="Notes")).authorize(redirect_uri=f"{CALLBACK}/")
    return Trace.objects.get()


def with_role(role: str) -> User:
    user = make_user()
    roles.assign(user, [role], actor="test")
    return User.objects.get(pk=user.pk)


def seen_by(user: User | None, path: str, **params: str) -> str:
    browser = Browser()
    if user:
        sign_in(browser, user)
    return browser.get(path, params).content.decode()


# --- The error page ---------------------------------------------------------------------------------


def asked(user: User | None) -> str:
    client = make_client(client_id="notes", name="Notes")
    request = App(client).request(redirect_uri=f"{CALLBACK}/")
    return seen_by(user, "/oauth2/authorize", **request)


@pytest.mark.parametrize("who", ["nobody", "alice", roles.HELPDESK])
def test_a_person_sees_what_happened_and_not_what_is_registered(who: str) -> None:
    user = None if who == "nobody" else make_user("alice") if who == "alice" else with_role(who)
    page = asked(user)
    assert "not registered for it" in page
    assert Trace.objects.get().reference in page
    assert "/docs/errors/redirect-uri" in page
    assert 'class="trace"' not in page
    assert f"<code>{CALLBACK}</code>" not in page
    assert "/admin/idp/client/" not in page


@pytest.mark.parametrize("who", ["owner", roles.VIEWER, roles.CLIENTS])
def test_who_looks_after_apps_sees_the_trace_and_the_way_to_mend_it(who: str) -> None:
    page = asked(make_admin() if who == "owner" else with_role(who))
    assert 'class="trace"' in page
    assert "a slash too many at the end" in page
    assert "<mark>/</mark>" in page
    assert '/change/#id_redirect_uris"' in page
    assert '<dd class="failed">redirect-uri</dd>' in page
    assert re.search(r'<dd class="passed">[^<]*\bclient\b', page)
    assert re.search(r"<dt>Not reached</dt><dd>[^<]*\bscope\b", page)


def test_the_trace_is_shown_even_where_there_was_no_room_to_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving.Share, "take", lambda self, now: False)
    assert 'class="trace"' in asked(make_admin())
    assert not Trace.objects.exists()


def test_s_080_what_strangers_send_is_escaped(refused: Trace) -> None:
    app = App(make_client())
    app.authorize(redirect_uri="https://x.example/<script>alert(1)</script>")
    page = seen_by(make_admin(), f"/admin/idp/client/{app.client.pk}/refusals/")
    assert "alert(1)" in page
    assert "<script>alert" not in page


# --- The admin --------------------------------------------------------------------------------------


def test_an_app_s_tab_shows_its_refusals_and_no_others(refused: Trace) -> None:
    client = make_client()
    App(client).authorize(client_id=client.client_id, scope="admin")
    page = seen_by(make_admin(), f"/admin/idp/client/{client.pk}/refusals/")
    assert "None of the scopes may be had" in page
    assert refused.reference not in page


def test_the_tab_is_narrowed_to_a_check_and_a_time(refused: Trace) -> None:
    client = App(make_client()).client
    app, admin = App(client), make_admin()
    app.authorize(scope="admin")
    app.authorize(prompt="please")
    path = f"/admin/idp/client/{client.pk}/refusals/"
    assert seen_by(admin, path).count('class="refusal"') == 2
    assert seen_by(admin, path, check="prompt").count('class="refusal"') == 1
    Trace.objects.filter(failed="prompt").update(at=timezone.now() - timedelta(hours=2))
    assert seen_by(admin, path, since="hour").count('class="refusal"') == 1
    assert seen_by(admin, path, since="day").count('class="refusal"') == 2


@pytest.mark.parametrize("params", [{"check": "'"}, {"since": "x"}, {"page": "x"}, {"page": "9999999"}])
def test_s_132_a_filter_that_there_is_not_filters_nothing(refused: Trace, params: dict[str, str]) -> None:
    client = App(make_client()).client
    App(client).authorize(scope="admin")
    page = seen_by(make_admin(), f"/admin/idp/client/{client.pk}/refusals/", **params)
    assert page.count('class="refusal"') == 1


def test_a_full_tab_weighs_little() -> None:
    client = make_client(redirect_uris=[f"https://app{n}.example/callback" for n in range(5)])
    for number in range(30):
        App(client).authorize(redirect_uri=f"https://app1.example/callback{number}")
    page = seen_by(make_admin(), f"/admin/idp/client/{client.pk}/refusals/")
    assert page.count('class="refusal"') == 10
    assert "Page 1 of 3" in page
    assert len(page.encode()) < 60_000


def test_a_reference_id_leads_to_the_trace(refused: Trace) -> None:
    admin = make_admin()
    found = seen_by(admin, "/admin/idp/trace/", q=refused.reference)
    assert f"/admin/idp/trace/{refused.pk}/change/" in found
    assert "/admin/idp/trace/" not in seen_by(admin, "/admin/idp/trace/", q="other").partition("results")[2]
    page = seen_by(admin, f"/admin/idp/trace/{refused.pk}/change/")
    assert "a slash too many at the end" in page
    assert 'name="_save"' not in page


def test_the_audit_entry_leads_to_the_trace(refused: Trace) -> None:
    event = AuditEvent.objects.get(type="authorization.refused")
    assert event.request_id == refused.reference
    page = seen_by(make_admin(), f"/admin/accounts/auditevent/{event.pk}/change/")
    assert f"/admin/idp/trace/?q={refused.reference}" in page
    helpdesk = seen_by(with_role(roles.HELPDESK), f"/admin/accounts/auditevent/{event.pk}/change/")
    assert "/admin/idp/trace/" not in helpdesk


def test_what_is_too_old_is_shown_no_more(refused: Trace, settings: Any) -> None:
    Trace.objects.update(at=timezone.now() - timedelta(days=settings.TRACE_DAYS + 1))
    assert refused.reference not in seen_by(make_admin(), "/admin/idp/trace/")
    with pytest.raises(CommandError):
        call_command("trace", refused.reference)


# --- The command line -------------------------------------------------------------------------------


def said(*args: str) -> str:
    out = StringIO()
    call_command("trace", *args, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_whole_story(refused: Trace) -> None:
    told = said(refused.reference)
    assert "The redirect URI is not one that is registered" in told
    assert "FAILED  redirect-uri" in told
    assert "passed  client" in told
    assert f"received: {CALLBACK}/" in told
    assert "path: a slash too many at the end" in told
    assert "redirect_uris of Notes" in told


def test_the_command_speaks_json(refused: Trace) -> None:
    (told,) = json.loads(said(refused.reference, "--json"))
    assert told["failed"] == "redirect-uri"
    assert told["facts"] == {"expected": [CALLBACK], "received": f"{CALLBACK}/"}
    assert {"check": "redirect-uri", "parameter": "", "outcome": "failed"} in told["checks"]
    assert told["field"] == "redirect_uris"


def test_the_command_lists_the_latest_of_an_app(refused: Trace) -> None:
    Browser().get("/oauth2/authorize?client_id=nobody")
    lines = said("--app", "notes").splitlines()
    assert len(lines) == 1
    assert refused.reference in lines[0]
    assert [found["client_id"] for found in json.loads(said("--app", "nobody", "--json"))] == ["nobody"]


@pytest.mark.parametrize("args", [[], ["x"], ["x", "--app", "notes"]])
def test_the_command_needs_one_of_the_two_and_something_to_tell(args: list[str]) -> None:
    with pytest.raises(CommandError):
        said(*args)


# --- Long addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [199, 200, 201, 450])
def test_long_addresses_are_compared_to_their_ends(length: int) -> None:
    registered = f"{CALLBACK}/".ljust(length, "a")
    App(make_client(redirect_uris=[registered])).authorize(redirect_uri=f"{registered}/")
    (found,) = explain(Trace.objects.get()).differences
    assert (found.expected, found.position) == (registered, length + 1)
    assert [part.words for part in found.parts if part.words] == ["a slash too many at the end"]


def test_a_random_word_of_a_registered_address_is_no_difference() -> None:
    registered = f"{CALLBACK}/{'a1' * 20}"
    App(make_client(redirect_uris=[registered])).authorize(redirect_uri=f"{registered}/")
    (found,) = explain(Trace.objects.get()).differences
    assert found.position == len(registered) + 1


@pytest.mark.parametrize("length", [499, 600])
def test_addresses_that_are_not_kept_whole_are_not_compared_and_that_is_said(length: int) -> None:
    client = make_client(redirect_uris=[f"{CALLBACK}/".ljust(length, "a")])
    body = seen_by(
        None, "/oauth2/authorize", **App(client).request(redirect_uri=f"{CALLBACK}/".ljust(600, "a") + "/")
    )
    told, out = explain(Trace.objects.get()), StringIO()
    call_command("trace", told.trace.reference, stdout=out)
    assert told.differences == []
    assert "not compared" in out.getvalue()
    assert "not compared" not in body  # strangers see nothing of it


def test_short_addresses_beside_one_that_is_too_long_are_compared() -> None:
    registered = [f"{CALLBACK}/".ljust(600, "a"), CALLBACK]
    App(make_client(redirect_uris=registered)).authorize(redirect_uri=f"{CALLBACK}/")
    told = explain(Trace.objects.get())
    assert [found.expected for found in told.differences] == [CALLBACK]
    assert told.is_cut
