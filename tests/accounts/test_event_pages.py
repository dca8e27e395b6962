"""The audit log in the admin: names in place of marks, what is filtered as a file, and a look at the chain."""

import csv
import json
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from accounts import audit
from accounts.admin import event_pages
from accounts.models import AuditEvent, Session, User
from idp.models import Client as App
from tests.factories import make_session, make_user, sign_in
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db
LOG = "/admin/accounts/auditevent/"


@pytest.fixture
def grafana() -> App:
    return make_client(name="Grafana")


@pytest.fixture
def events(olga: User, grafana: App) -> User:
    alice = make_user("alice")
    audit.record("login.failed", actor="anonymous", subject=alice, outcome="wrong_password")
    audit.record("grant.issued", actor=alice, subject=alice, client_id=grafana.client_id)
    audit.record("admin.changed", actor=olga, subject="client:9", name="=HYPERLINK()")
    return alice


def body(answer: Any) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def rows(browser: Client, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(body(browser.get(f"{LOG}audit.csv{query}")).splitlines()))


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize(
    ("query", "shown", "absent"),
    [
        ("type=login.failed", ["alice", "sign-in refused", "wrong password"], ["Grafana"]),
        ("type=grant.issued", ["Grafana", "signed in at an app"], ["wrong password"]),
        ("type=admin.changed", ["=HYPERLINK()", "olga"], ["client:9"]),
    ],
)
def test_the_list_says_who_and_what_by_name(
    browser: Client, query: str, shown: list[str], absent: list[str]
) -> None:
    table = browser.get(f"{LOG}?{query}").content.decode().partition("<tbody")[2]
    assert all(words in table for words in shown)
    assert not any(words in table.partition("</table")[0] for words in absent)


@pytest.mark.usefixtures("events")
def test_csv_is_what_is_filtered_and_no_formula(browser: Client) -> None:
    assert [row["type"] for row in rows(browser)] == ["login.failed", "grant.issued", "admin.changed"]
    [row] = rows(browser, "?type=admin.changed")
    assert (row["about"], row["subject"], row["by"]) == ("'=HYPERLINK()", "client:9", "olga")
    [row] = rows(browser, "?outcome=wrong_password")
    assert (row["about"], row["outcome"]) == ("alice", "wrong_password")


@pytest.mark.usefixtures("events")
def test_json_lines_are_those_of_the_command(browser: Client) -> None:
    lines = body(browser.get(f"{LOG}audit.jsonl?type=grant.issued")).splitlines()
    assert [json.loads(line) for line in lines] == [
        audit.as_json(AuditEvent.objects.get(type="grant.issued"))
    ]


@pytest.mark.usefixtures("events")
def test_the_page_leads_to_the_file_of_what_it_shows(browser: Client) -> None:
    page = browser.get(f"{LOG}?type=login.failed&q=alice").content.decode()
    assert f'href="{LOG}audit.csv?type=login.failed&amp;q=alice"' in page


def test_many_events_are_named_a_part_at_a_time(
    browser: Client, events: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_pages, "_AT_ONCE", 2)
    assert [row["about"] for row in rows(browser)] == ["alice", "alice", "'=HYPERLINK()"]


def verified(browser: Client) -> str:
    return browser.get(f"{LOG}verify/", follow=True).content.decode()


@pytest.mark.usefixtures("events")
def test_s_143_the_chain_is_verified_at_a_press(browser: Client) -> None:
    assert "Chain verified. All 3 events are as they were written" in verified(browser)


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize("changed", [0, 2])
def test_s_143_a_change_in_the_part_that_is_looked_at_is_told(
    browser: Client, monkeypatch: pytest.MonkeyPatch, changed: int
) -> None:
    monkeypatch.setattr(event_pages, "LOOKED_AT", 2)
    event = AuditEvent.objects.order_by("id")[changed]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_auditevent SET outcome = 'nothing' WHERE id = %s", [event.pk])
    page = verified(browser)
    assert (f"Event {event.pk} was changed" in page) == (changed == 2)
    assert ("The latest 2 events are" in page) == (changed == 0)


@pytest.mark.usefixtures("olga")
@pytest.mark.parametrize("page", ["audit.csv", "audit.jsonl"])
def test_s_015_a_filter_that_is_none_leads_to_the_list(browser: Client, page: str) -> None:
    answer = browser.get(f"{LOG}{page}?at__gte=yesterday")
    assert (answer.status_code, answer["Location"]) == (303, f"{LOG}?e=1")


@pytest.mark.parametrize("page", ["audit.csv", "audit.jsonl", "verify/"])
def test_s_130_without_the_right_there_is_no_file(browser: Client, page: str) -> None:
    sign_in(browser, make_user("ivan", is_staff=True))
    assert browser.get(LOG + page).status_code == 403


@pytest.mark.usefixtures("olga")
@pytest.mark.parametrize("kind", ["person", "group", "app", "session"])
def test_history_is_the_audit_log_of_the_thing(browser: Client, grafana: App, kind: str) -> None:
    alice, group = make_user("alice"), Group.objects.create(name="chess")
    session: Session = make_session(alice, sid="a_5Fb_sU-PfOl4A")  # some are unlike themselves in an address
    name, pk, words = {
        "person": ("accounts_user", alice.pk, f"user%3A{alice.pk}"),
        "group": ("auth_group", group.pk, f"group%3A{group.pk}"),
        "app": ("idp_client", grafana.pk, grafana.client_id),
        "session": ("accounts_session", session.pk, f"user%3A{alice.pk}"),
    }[kind]
    url = reverse(f"admin:{name}_history", args=[quote(pk)])
    assert f'href="{url}"' in browser.get(reverse(f"admin:{name}_change", args=[quote(pk)])).content.decode()
    assert browser.get(url)["Location"] == f"{LOG}?q={words}"
    assert browser.get(url, follow=True).status_code == 200


def test_history_of_nothing_leads_nowhere_and_who_reads_no_log_sees_no_link(
    browser: Client, olga: User
) -> None:
    gone = reverse("admin:accounts_user_history", args=[make_user("bob").pk])
    User.objects.filter(username="bob").delete()
    assert browser.get(gone)["Location"] == "/admin/"
    ivan = make_user("ivan", is_staff=True)
    ivan.user_permissions.set(Permission.objects.filter(codename="view_user"))
    sign_in(browser, ivan)
    assert "historylink" not in browser.get(f"/admin/accounts/user/{ivan.pk}/change/").content.decode()


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize(
    ("path", "trail"),
    [
        ("auth/group/", "Home › Groups"),
        ("auth/group/add/", "Home › Groups › Add group"),
        ("accounts/user/", "Home › People"),
        ("idp/client/", "Home › Apps"),
        ("idp/client/add/", "Home › Apps › Add app"),
        ("accounts/invitation/add/", "Home › Invitations › Invite people"),
    ],
)
def test_breadcrumbs_name_each_step_once(browser: Client, path: str, trail: str) -> None:
    page = browser.get(f"/admin/{path}").content.decode()
    crumbs = page.partition('class="breadcrumbs">')[2].partition("</div>")[0]
    assert " ".join(strip_tags(crumbs).replace("&rsaquo;", "›").split()) == trail
