"""prompt=create (Initiating User Registration via OpenID Connect 1.0): to the page where people make an account."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from idp.models import SavedRequest
from tests.factories import make_user, sign_in
from tests.idp.app import App, answer, location

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
