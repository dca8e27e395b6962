"""S-015, S-084: whatever is typed on the pages that connect and preview an app, the answer is a page."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from idp.app_templates.filling import UnfitAddress, read_address
from idp.models import Client
from tests.factories import make_admin, sign_in
from tests.idp.app import make_client
from tests.security.test_no_input_is_a_500 import VALUES, check, fuzz

_PARTS = st.sampled_from(
    [
        "http", "https", "://", "a.example", "localhost", "127.0.0.1", "[::1]", ":", "8080", "/", "@", "#", "?", "%0a",
        "$(x)", "`", "'", '"', "\\", "{client_secret}", " ", "\n", "é", "..", "*",
    ]
)  # fmt: skip
_TYPED = VALUES.filter(lambda text: "\0" not in text)  # refused at the edge (tests/security/test_nul.py)
_ADDRESSES = st.lists(_PARTS, max_size=7).map("".join) | _TYPED
_FIELDS = ("person", "scope", "other_person", "other_scope", "claims")
_PREVIEW = st.fixed_dictionaries(
    {}, optional={name: _TYPED | st.sampled_from(["alice", "openid groups"]) for name in _FIELDS}
)


@pytest.fixture
def client() -> Client:
    return make_client()


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("alice"))
    return browser


def post(browser: Browser, path: str, form: dict[str, Any]) -> Any:
    body = urlencode(form, errors="replace")
    return browser.post(path, body, content_type="application/x-www-form-urlencoded")


@fuzz
@given(typed=_ADDRESSES)
def test_an_address_is_plain_or_refused(typed: str) -> None:
    try:
        address = read_address(typed)
    except UnfitAddress:
        return
    assert re.fullmatch(r"https?://[A-Za-z0-9.:_\[\]-]+(/[A-Za-z0-9._~-]+)*", address.url)
    assert address.url.startswith("https://") or re.match(r"http://(localhost|127\.|\[::1)", address.url)


@pytest.mark.django_db
@fuzz
@given(typed=_ADDRESSES)
def test_connecting(browser: Browser, typed: str) -> None:
    response = post(browser, reverse("admin:idp_client_from_template", args=["grafana"]), {"address": typed})
    check(response)
    assert response.status_code == 200


@pytest.mark.django_db
@fuzz
@given(form=_PREVIEW)
def test_the_preview(browser: Browser, client: Client, form: dict[str, str]) -> None:
    response = post(browser, reverse("admin:idp_client_preview", args=[client.pk]), form)
    check(response)
    assert response.status_code == 200
