"""The first page of the admin: what is to do, tasks, figures, lists in sections, and what happened last."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import audit, roles
from keys import rotation
from tests.factories import add_app, make_admin, make_session, make_user, sign_in
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db


def index(browser: Client) -> Any:
    response = browser.get("/admin/")
    assert response.status_code == 200
    return response


def to_do(browser: Client) -> set[str]:
    return {step.what for step in index(browser).context["steps"]}


def figures(browser: Client) -> dict[str, str]:
    return {figure.label: figure.value for figure in index(browser).context["figures"]}


def test_a_new_installation_is_told_what_is_to_do(browser: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    sign_in(browser, make_admin("olga"))
    first_steps = {"Connect an app", "Add a passkey for yourself", "Set up mail", "Invite people"}
    assert to_do(browser) == first_steps


def test_what_is_done_is_not_asked_for(browser: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    olga = make_admin("olga")
    sign_in(browser, olga)
    make_client(client_id="demo-notes")
    assert "Connect an app" in to_do(browser)
    make_client(name="Grafana")
    make_user("alice")
    add_app(olga)
    assert to_do(browser) == set()


def test_the_figures_count_what_they_say(browser: Client) -> None:
    olga = make_admin("olga")
    sign_in(browser, olga)
    rotation.ensure_schedule(timezone.now())
    make_client(name="Grafana")
    make_client(name="Old", enabled=False)
    alice = make_user("alice", is_active=False)
    make_session(olga, ended_at=timezone.now())
    for type in ("login.succeeded", "login.failed", "login.failed"):
        audit.record(type, subject=alice)
    expected = {
        "People": "2",
        "Live sessions": "1",
        "Sign-ins in 24 h": "1",
        "Failures in 24 h": "2",
        "Apps": "1",
    }
    assert figures(browser) == {**expected, "Age of the key": "new"}


def test_the_latest_events_have_the_names_of_people_and_apps(browser: Client) -> None:
    olga = make_admin("olga")
    sign_in(browser, olga)
    audit.record("grant.issued", subject=make_user("alice"), client_id=make_client(name="Grafana").client_id)
    [event] = index(browser).context["latest"]
    assert (event.what, event.whom, event.app) == ("signed in at an app", "alice", "Grafana")


@pytest.mark.parametrize(
    ("role", "tasks", "sees_log"),
    [
        (roles.VIEWER, {"Audit log", "Keys", "Refusals", "Doctor"}, True),
        (roles.HELPDESK, {"Audit log"}, True),
        (roles.CLIENTS, {"Connect an app", "Audit log", "Refusals"}, True),
        (roles.PEOPLE, {"Invite people", "Add person", "Audit log"}, True),
        (roles.KEYS, {"Audit log", "Keys"}, True),
    ],
)
def test_s_130_each_role_sees_what_it_may_open(
    browser: Client, role: str, tasks: set[str], sees_log: bool
) -> None:
    user = make_user("rita")
    roles.assign(user, [role], actor="command")
    sign_in(browser, user)
    context = index(browser).context
    assert {title for title, _ in context["tasks"]} == tasks
    assert (context["latest"] is not None) == sees_log
    for _, url in context["tasks"]:
        assert browser.get(url).status_code == 200
    for figure in context["figures"]:
        assert browser.get(figure.url).status_code == 200


def test_without_rights_there_are_no_figures_and_no_log(browser: Client) -> None:
    sign_in(browser, make_user("ivan", is_staff=True))
    context = index(browser).context
    assert (context["tasks"], context["figures"], context["latest"], context["app_list"]) == (
        [],
        [],
        None,
        [],
    )


def test_every_list_stands_in_a_section(browser: Client) -> None:
    sign_in(browser, make_admin("olga"))
    sections = {section["name"]: section["models"] for section in index(browser).context["app_list"]}
    assert set(sections) == {"People", "Apps", "What happened", "Rules", "Keys and tokens"}
    assert "Doctor" in [model["name"] for model in sections["What happened"]]


def test_many_people_and_events_take_no_more_statements(
    browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in(browser, make_admin("olga"))
    for _ in range(15):
        audit.record("login.succeeded", subject=make_user())
    with django_assert_max_num_queries(20):
        index(browser)
