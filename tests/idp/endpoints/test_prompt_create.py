"""prompt=create (Initiating User Registration via OpenID Connect 1.0): to the page where people make an account."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.mail import EmailMessage
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from accounts.models import Session, User
from idp.models import Consent, SavedRequest
from tests.accounts.conftest import mails  # noqa: F401  a fixture
from tests.factories import PASSWORD, make_user, sign_in
from tests.idp.app import App, answer, decoded, location

pytestmark = pytest.mark.usefixtures("signing_keys")


@pytest.fixture
def open_to_all() -> Iterator[None]:
    with override_settings(SELF_REGISTRATION=True):
        yield


def prompts() -> list[str]:
    document = Browser().get("/.well-known/openid-configuration").json()
    return list(document["prompt_values_supported"])


def test_where_nobody_makes_accounts_it_is_neither_promised_nor_taken(app: App) -> None:
    assert "create" not in prompts()
    found = answer(app.authorize(prompt="create"))
    assert found["error"] == "invalid_request"
    assert "prompt" in found["error_description"]


def test_where_people_do_it_is_promised(open_to_all: None) -> None:
    assert prompts() == ["none", "login", "consent", "select_account", "create"]


@pytest.mark.parametrize("signed_in", [True, False])
def test_it_leads_to_that_page_whoever_is_signed_in(
    open_to_all: None, make_app: Callable[..., App], signed_in: bool
) -> None:
    app = make_app()
    if signed_in:
        app.sign_in(auth_time=timezone.now() - timedelta(minutes=1))
    there = location(app.authorize(prompt="create"))
    saved = SavedRequest.objects.get()
    assert urlsplit(there).path == "/register"
    assert parse_qs(urlsplit(there).query) == {"next": [f"/oauth2/authorize/{saved.pk}"]}


def test_who_comes_back_from_it_signed_in_goes_on_to_the_app(
    open_to_all: None, make_app: Callable[..., App]
) -> None:
    app = make_app()
    there = location(app.authorize(prompt="create"))
    back = parse_qs(urlsplit(there).query)["next"][0]
    sign_in(app.browser, make_user(), now=timezone.now() + timedelta(seconds=1))
    assert location(app.browser.get(back)).startswith("/oauth2/consent/")
    assert "/register" in location(Browser().get(back))


@pytest.mark.parametrize("others", ["none create", "create none"])
def test_s_012_it_never_goes_with_none(open_to_all: None, app: App, others: str) -> None:
    assert answer(app.authorize(prompt=others))["error"] == "invalid_request"


NEW = {"username_display": "ada", "name": "Ada Lovelace", "new_password": PASSWORD}


@pytest.mark.parametrize("signed_in", [False, True])
def test_from_the_app_by_the_mail_to_an_account_of_ones_own_and_back_with_a_code(
    open_to_all: None,
    make_app: Callable[..., App],
    mails: Callable[[], list[EmailMessage]],  # noqa: F811
    signed_in: bool,
) -> None:
    app = make_app()
    browser = app.browser
    if signed_in:
        app.sign_in(auth_time=timezone.now() - timedelta(minutes=1))
    page = location(app.authorize(prompt="create"))
    assert browser.get(page).status_code == 200
    assert location(browser.post(page, {"email": "ada@example.com"})) == "/register/sent"
    link = re.search(r"/register/\S+", mails()[-1].body)
    assert link is not None
    form = location(browser.get(link[0]))
    assert app.client.name in browser.get(form).content.decode()
    back = location(browser.post(form, NEW))
    ada = User.objects.get(username="ada")
    session = Session.objects.get(user=ada)
    assert session.user == ada
    consent = location(browser.get(back))
    assert consent.startswith("/oauth2/consent/")
    assert not Consent.objects.filter(user=ada).exists()
    agreed = browser.post(consent, {"decision": "allow", "sid": session.sid})
    found = answer(browser.get(location(agreed)))
    tokens = app.redeem(found["code"]).json()
    assert decoded(tokens["id_token"])["sub"] == ada.sub
    assert decoded(tokens["id_token"])["email_verified"] is True
