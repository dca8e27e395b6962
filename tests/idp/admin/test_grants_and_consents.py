"""Grants and consents in Django admin: to be read and ended, never edited; no digest on any page."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AuditEvent, User
from idp.models import Client, Consent, Grant, LogoutNotice
from tests.factories import make_admin, make_session, make_user, sign_in
from tests.idp.app import make_client

GRANTS, CONSENTS = (f"/{settings.ADMIN_PATH}/idp/{name}/" for name in ("grant", "consent"))
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("alice"))
    return browser


@pytest.fixture
def bob() -> User:
    return make_user("bob")


@pytest.fixture
def wiki() -> Client:
    return make_client(name="Wiki")


def make_grant(user: User, client: Client) -> Grant:
    now = timezone.now()
    return Grant.objects.create(
        user=user,
        client=client,
        session=make_session(user),
        scope="openid",
        auth_time=now,
        created_at=now,
        code_digest="c0de" * 16,
        code_expires_at=now,
        redirect_uri=client.redirect_uris[0],
        code_challenge="ch" * 21,
        expires_at=now + timedelta(days=1),
    )


def act(browser: Browser, path: str, action: str, *rows: Any) -> int:
    return browser.post(path, {"action": action, "_selected_action": [row.pk for row in rows]}).status_code


def test_a_grant_is_shown_without_its_digests(browser: Browser, bob: User, wiki: Client) -> None:
    grant = make_grant(bob, wiki)
    for path in (GRANTS, f"{GRANTS}{quote(grant.pk)}/change/"):
        response = browser.get(path)
        assert response.status_code == 200
        page = response.content.decode()
        assert "bob" in page
        assert "Wiki" in page
        assert grant.code_digest not in page
        assert grant.code_challenge not in page


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_a_grant_is_neither_made_nor_deleted_by_hand(
    browser: Browser, bob: User, wiki: Client, path: str
) -> None:
    grant = make_grant(bob, wiki)
    assert browser.post(GRANTS + path.format(pk=grant.pk), {"post": "yes"}).status_code == 403


def test_a_grant_can_not_be_edited(browser: Browser, bob: User, wiki: Client) -> None:
    grant = make_grant(bob, wiki)
    assert browser.post(f"{GRANTS}{quote(grant.pk)}/change/", {"scope": "openid email"}).status_code == 403
    grant.refresh_from_db()
    assert grant.scope == "openid"


def test_ending_grants_is_on_record(browser: Browser, bob: User, wiki: Client) -> None:
    first, second, other = (make_grant(bob, wiki) for _ in range(3))
    act(browser, GRANTS, "revoke", first, second)
    assert set(Grant.objects.filter(revoked_at=None)) == {other}
    events = AuditEvent.objects.filter(type="grant.revoked", client_id=wiki.client_id)
    assert {event.detail["grant"] for event in events} == {first.pk, second.pk}
    assert {event.subject for event in events} == {f"user:{bob.pk}"}


def test_a_grant_ended_before_keeps_its_reason(browser: Browser, bob: User, wiki: Client) -> None:
    grant = make_grant(bob, wiki)
    Grant.objects.update(revoked_at=timezone.now(), revoke_reason="code replayed")
    act(browser, GRANTS, "revoke", grant)
    grant.refresh_from_db()
    assert grant.revoke_reason == "code replayed"
    assert not AuditEvent.objects.filter(type="grant.revoked").exists()


def test_withdrawing_a_consent_ends_what_it_carried(browser: Browser, bob: User, wiki: Client) -> None:
    consent = Consent.objects.create(user=bob, client=wiki, scope="openid", given_at=timezone.now())
    grant, elsewhere = make_grant(bob, wiki), make_grant(bob, make_client(name="Other"))
    assert browser.get(CONSENTS).status_code == 200
    act(browser, CONSENTS, "withdraw", consent)
    assert not Consent.objects.exists()
    assert set(Grant.objects.filter(revoked_at=None)) == {elsewhere}
    event = AuditEvent.objects.get(type="consent.revoked")
    assert (event.subject, event.detail) == (f"user:{bob.pk}", {"grants": 1})
    grant.refresh_from_db()
    assert grant.revoke_reason == "consent withdrawn by an admin"


def test_s_130_a_viewer_can_end_nothing(bob: User, wiki: Client) -> None:
    grant = make_grant(bob, wiki)
    consent = Consent.objects.create(user=bob, client=wiki, scope="openid", given_at=timezone.now())
    viewer = make_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__in=["view_grant", "view_consent"]))
    browser = Browser()
    sign_in(browser, viewer)
    assert browser.get(GRANTS).status_code == 200
    act(browser, GRANTS, "revoke", grant)
    act(browser, CONSENTS, "withdraw", consent)
    assert Grant.objects.filter(revoked_at=None).exists()
    assert Consent.objects.exists()


def test_a_persons_page_leads_to_what_is_theirs_and_no_more(
    browser: Browser, bob: User, wiki: Client
) -> None:
    """Its links search by the person's id, so each list has to find by that."""
    for user in (bob, make_user("carol")):
        make_grant(user, wiki)
        Consent.objects.create(user=user, client=wiki, scope="openid", given_at=timezone.now())
    page = browser.get(f"/{settings.ADMIN_PATH}/accounts/user/{bob.pk}/change/").content.decode()
    links = [
        f"/{settings.ADMIN_PATH}/{name}/?q={bob.pk}"
        for name in ("accounts/session", "idp/grant", "idp/consent")
    ]
    assert all(f'href="{link}"' in page for link in links)
    for link in links:
        assert {found.user for found in browser.get(link).context["cl"].result_list} == {bob}


def test_the_history_of_a_logout_notice_is_its_apps(browser: Browser, wiki: Client) -> None:
    notice = LogoutNotice.objects.create(
        sid="a", sub="x", client=wiki, channel=LogoutNotice.Channel.FRONT, created_at=timezone.now()
    )
    history = browser.get(f"/{settings.ADMIN_PATH}/idp/logoutnotice/{notice.pk}/history/")
    assert history["Location"].endswith(f"?q={wiki.client_id}")
