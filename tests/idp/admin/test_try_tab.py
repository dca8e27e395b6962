"""The tab "try it": every hop of a sign-in as the app, and nothing of it is left or usable."""

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts import roles
from accounts.models import AuditEvent, User
from idp.models import Client, Consent, Grant, SavedRequest
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(signing_keys: None) -> User:
    return make_admin("olivia", name="Olivia Owner")


@pytest.fixture
def browser(owner: User) -> Browser:
    browser = Browser()
    sign_in(browser, owner)
    return browser


def attempt(browser: Browser, client: Client, *scope: str) -> str:
    answer = browser.post(f"/admin/idp/client/{client.pk}/try/", {"scope": scope or client.scopes})
    assert answer.status_code == 200, answer.status_code
    return answer.text


def titles(page: str) -> list[str]:
    return re.findall(r"<h2>\d+\. ([^<]+)</h2>", page)


ALL = [
    "Authorization request", "What Signet checks of it", "What Signet decides", "Authorization response",
    "Token request", "Token response", "ID token", "Userinfo",
]  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"token_endpoint_auth_method": "none"},
        {"lean_id_token": True},
        {"dpop_bound_access_tokens": True},
        {"userinfo_signed_response_alg": "RS256"},
        {"require_pushed_authorization_requests": True},
    ],
)
def test_every_hop_is_shown(browser: Browser, owner: User, fields: dict[str, Any]) -> None:
    page = attempt(browser, make_client(**fields))
    assert titles(page) == ALL
    assert "Signature: right, RS256" in page
    assert "nonce is the one of the request" in page
    assert owner.sub in page
    assert "asked for your consent now" in page


def test_nothing_of_it_is_left(browser: Browser) -> None:
    client = make_client()
    attempt(browser, client)
    assert not Grant.objects.exists()
    assert not Consent.objects.exists()
    assert not SavedRequest.objects.exists()
    events = list(AuditEvent.objects.order_by("id").values_list("type", flat=True))
    assert "grant.issued" not in events
    assert events[-1] == "client.rehearsed"


def test_nothing_that_is_shown_opens_anything(browser: Browser) -> None:
    """No signature, no whole code or refresh token; and a grant that a token names is not there."""
    page = attempt(browser, make_client(), "openid", "offline_access")
    assert page.count("signature cut off") >= 2
    for token in re.findall(r"eyJ[\w.-]+", page):
        assert token.count(".") <= 2
        assert token.rstrip(".").count(".") == 1, "a token with its signature"
    for name in ("code", "refresh_token", "code_verifier"):
        for value in re.findall(rf'<th scope="row">{name}</th><td><code>([^<]*)</code>', page):
            assert value.endswith("…")
            assert len(value) == 7


def test_the_app_hears_of_nothing(browser: Browser) -> None:
    answer = browser.post(f"/admin/idp/client/{make_client().pk}/try/", {"scope": ["openid"]})
    assert "Location" not in answer
    assert "https://app.example" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"required_acr": "phr"}, "would ask you"),
        ({"default_max_age": 1}, "sign in again"),
    ],
)
def test_it_ends_where_a_person_would_be_asked(
    signing_keys: None, owner: User, fields: dict[str, Any], words: str
) -> None:
    browser = Browser()
    sign_in(browser, owner, auth_time=timezone.now() - timezone.timedelta(seconds=30))
    page = attempt(browser, make_client(**fields))
    assert words in page
    assert titles(page) == ALL[:3]


def test_an_admin_outside_the_app_s_groups_is_refused_as_anybody(browser: Browser) -> None:
    from django.contrib.auth.models import Group

    client = make_client()
    client.groups.add(Group.objects.create(name="chess"))
    page = attempt(browser, client)
    assert "✗ access_denied" in page
    assert "in none of the app&#x27;s groups" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"enabled": False}, "switched off"), ({"grant_types": ["client_credentials"]}, "signs nobody in")],
)
def test_an_app_that_can_not_be_tried_says_so(browser: Browser, fields: dict[str, Any], words: str) -> None:
    page = attempt(browser, make_client(**fields))
    assert words in page
    assert 'name="scope"' not in page


def test_s_108_a_sign_in_of_long_ago_is_not_enough(signing_keys: None, owner: User) -> None:
    browser, client = Browser(), make_client()
    sign_in(browser, owner, auth_time=timezone.now() - timezone.timedelta(hours=1))
    path = f"/admin/idp/client/{client.pk}/try/"
    assert browser.get(path).status_code == 200
    answer = browser.post(path, {"scope": ["openid"]})
    assert answer.status_code == 303
    assert answer["Location"].startswith("/login?")


def test_s_130_who_may_only_look_may_not_try(signing_keys: None) -> None:
    viewer, browser, client = make_user(), Browser(), make_client()
    roles.assign(viewer, [roles.VIEWER], actor="test")
    sign_in(browser, User.objects.get(pk=viewer.pk))
    assert browser.post(f"/admin/idp/client/{client.pk}/try/", {"scope": ["openid"]}).status_code == 403
    assert (
        f"/admin/idp/client/{client.pk}/try/" not in browser.get(f"/admin/idp/client/{client.pk}/grade/").text
    )


def test_only_scopes_of_the_app_are_asked_for(browser: Browser) -> None:
    page = attempt(browser, make_client(scopes=["openid"]), "openid", "<script>", "groups")
    assert "<script>" not in page.partition("<h2>1.")[2]
    assert "scope=openid&amp;state" in page
