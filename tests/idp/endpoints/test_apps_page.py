"""/account/apps: what a person gave, and how it is taken back."""

import csv
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils.html import escape

from accounts import audit
from accounts.models import AuditEvent
from idp.models import Consent, Grant
from tests.factories import make_user
from tests.idp.app import App, location, make_client


def test_the_page_lists_apps_in_plain_words(app: App) -> None:
    app.tokens()
    page = app.browser.get("/account/apps").content.decode()
    assert "Grafana" in page
    assert "see your e-mail address" in page


def test_a_first_party_app_is_listed_too_once_it_was_used(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(name="Payroll", first_party=True), consented="")
    app.sign_in()
    assert b"Payroll" not in app.browser.get("/account/apps").content
    app.tokens()
    assert b"Payroll" in app.browser.get("/account/apps").content


def test_removing_an_app_ends_all_that_it_has(app: App) -> None:
    tokens = app.tokens(scope="openid offline_access")
    answer = app.browser.post("/account/apps", {"client_id": app.client.client_id})
    assert answer.status_code == 303  # S-019
    assert not Consent.objects.exists()
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert AuditEvent.objects.filter(type="consent.revoked").exists()
    assert b"Grafana no longer has access" in app.browser.get("/account/apps").content
    assert b"Grafana" not in app.browser.get("/account/apps").content


def test_removing_touches_nobody_else(app: App, make_app: Callable[..., App]) -> None:
    bob = make_app(app.client, user=make_user(name="Bob"), secret=app.secret)
    bob.sign_in()
    tokens = bob.tokens()
    app.browser.post("/account/apps", {"client_id": app.client.client_id})
    assert bob.userinfo(tokens["access_token"]).status_code == 200
    assert Grant.objects.get(revoked_at=None).user == bob.user


def test_the_page_is_for_people_who_are_signed_in(app: App) -> None:
    assert location(Browser().get("/account/apps")).startswith("/login?next=")
    assert Browser(enforce_csrf_checks=True).post("/account/apps", {"client_id": "x"}).status_code in (
        302,
        303,
        403,
    )


def test_an_unknown_app_is_no_error(app: App) -> None:
    assert app.browser.post("/account/apps", {"client_id": "nobody"}).status_code == 303


@pytest.mark.parametrize(
    ("uri", "leads_to"),
    [
        ("https://wiki.example/login", "https://wiki.example/login?iss="),
        ("https://wiki.example/login?t=1", "https://wiki.example/login?t=1&iss="),
    ],
)
def test_an_app_is_opened_where_it_begins_a_sign_in(
    make_app: Callable[..., App], settings: Any, uri: str, leads_to: str
) -> None:
    """3rd_party-init-login: OIDC Core section 4, with the issuer and nothing about the person."""
    app = make_app(make_client(initiate_login_uri=uri))
    app.sign_in()
    page = app.browser.get("/account/apps").content.decode()
    assert f'href="{escape(leads_to + quote(settings.ISSUER, safe=""))}" rel="noopener noreferrer"' in page
    assert "at wiki.example" in page


@pytest.mark.parametrize("fields", [{}, {"initiate_login_uri": "https://wiki.example/", "enabled": False}])
def test_an_app_without_such_a_page_or_switched_off_is_not_opened(
    make_app: Callable[..., App], fields: dict[str, Any]
) -> None:
    app = make_app(make_client(**fields))
    app.sign_in()
    assert b">Open<" not in app.browser.get("/account/apps").content


@pytest.mark.parametrize(
    ("fields", "proposed"),
    [
        ({}, True),
        ({"first_party": True}, True),
        ({"enabled": False}, False),
        ({"self_registered": True}, False),
        ({"initiate_login_uri": ""}, False),
    ],
)
def test_apps_that_were_never_used_can_be_opened_too(
    make_app: Callable[..., App], fields: dict[str, Any], proposed: bool
) -> None:
    app = make_app(
        make_client(**{"initiate_login_uri": "https://wiki.example/login", **fields}), consented=""
    )
    app.sign_in()
    assert (b"wiki.example" in app.browser.get("/account/apps").content) == proposed


@pytest.mark.parametrize("is_member", [True, False])
def test_an_app_for_groups_is_proposed_once_and_to_their_members_only(
    make_app: Callable[..., App], is_member: bool
) -> None:
    app = make_app(make_client(initiate_login_uri="https://wiki.example/login"), consented="")
    groups = [Group.objects.create(name=name) for name in ("staff", "writers")]
    app.client.groups.set(groups)
    assert app.user is not None
    app.user.groups.set(groups if is_member else [])
    app.sign_in()
    assert app.browser.get("/account/apps").content.count(b">Open<") == is_member


def test_activity_calls_apps_by_their_names_and_those_that_are_gone_by_their_ids(app: App) -> None:
    audit.record("consent.given", actor=app.user, client_id=app.client.client_id)
    audit.record("consent.given", actor=app.user, client_id="gone-since")
    page = app.browser.get("/account/activity").content.decode()
    assert "app Grafana" in page
    assert app.client.client_id not in page
    assert "app gone-since" in page
    exported = app.browser.get("/account/activity?as=csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert [(row["app"], row["client_id"]) for row in rows] == [
        ("gone-since", "gone-since"),
        ("Grafana", app.client.client_id),
    ]
