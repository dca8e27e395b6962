"""What an app is sent, in Django admin: off by default, in plain words, with a warning where it weakens the app."""

from typing import Any

import pytest
from django.test import Client as Browser

from idp.models import Client
from tests.factories import make_admin, sign_in
from tests.idp.admin.test_client_admin import ADMIN, errors, save
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("alice"))
    return browser


@pytest.fixture
def wiki() -> Client:
    return make_client(name="Wiki", redirect_uris=["https://wiki.example/cb"])


def test_an_admin_switches_a_response_type_on_and_reads_the_warning(browser: Browser, wiki: Client) -> None:
    assert save(browser, wiki, response_types=["code", "code id_token"]).status_code == 302
    wiki.refresh_from_db()
    assert wiki.response_types == ["code", "code id_token"]
    assert "implicit" in wiki.grant_types
    page = browser.get(f"{ADMIN}{wiki.pk}/change/").content.decode()
    assert "histories, logs and scripts of its pages can read them" in page
    assert save(browser, wiki, response_types=["code"]).status_code == 302
    wiki.refresh_from_db()
    assert "implicit" not in wiki.grant_types


def test_an_app_may_live_by_a_response_type_alone(browser: Browser, wiki: Client) -> None:
    assert save(browser, wiki, grant_types=[], response_types=["id_token"]).status_code == 302
    wiki.refresh_from_db()
    assert wiki.grant_types == ["implicit"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"grant_types": [], "response_types": []}, "grant_types"),
        ({"response_types": ["id_token"]}, "response_types"),
        ({"response_types": ["token"]}, "response_types"),
        ({"authorization_signed_response_alg": "EdDSA"}, "authorization_signed_response_alg"),
        ({"default_max_age": "-1"}, "default_max_age"),
        ({"default_acr_values": "x" * 101}, "default_acr_values"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    browser: Browser, wiki: Client, change: dict[str, Any], field: str
) -> None:
    assert field in errors(save(browser, wiki, **change))


def test_levels_are_typed_one_a_line(browser: Browser, wiki: Client) -> None:
    save(browser, wiki, default_acr_values="urn:a\r\nurn:b\r\n", default_max_age="3600")
    wiki.refresh_from_db()
    assert (wiki.default_acr_values, wiki.default_max_age) == (["urn:a", "urn:b"], 3600)
