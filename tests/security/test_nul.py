"""S-015: no page meets a NUL, which PostgreSQL takes in no text, so that no look-up could be asked with one."""

import json

import pytest
from django.test import Client as Browser
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.factories import make_admin, sign_in

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def browser() -> Browser:
    made = Browser()
    sign_in(made, make_admin("root"))
    return made


@pytest.mark.parametrize(
    "path", ["/account/apps", "/account/sessions", "/select-account", "/language", "/device"]
)
@pytest.mark.parametrize("body", ["client_id=a%00b", "end=1&known=%00", "%00=1"])
def test_s_015_a_form_with_one_is_refused(browser: Browser, path: str, body: str) -> None:
    assert browser.post(path, body, content_type=FORM).status_code == 400


def test_s_015_so_is_one_in_parts_and_a_file_may_have_them(browser: Browser) -> None:
    said = encode_multipart(BOUNDARY, {"client_id": "a\0b"})
    assert browser.generic("POST", "/account/apps", said, MULTIPART_CONTENT).status_code == 400
    picture = (
        b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n\0\0\r\n--x--\r\n'
    )
    sent = browser.generic("POST", "/account/picture", picture, "multipart/form-data; boundary=x")
    assert b"a character that is not allowed" not in sent.content


@pytest.mark.parametrize(
    "path",
    [
        "/admin/accounts/auditevent/?type=%00",
        "/account/activity?kind=a%00b",
        "/login?%00=1",
        "/docs/apps?q=%00",
    ],
)
def test_s_015_an_address_with_one_is_refused(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 400


def test_a_percent_sign_that_only_looks_like_one_is_none(browser: Browser) -> None:
    assert browser.get("/account/activity?kind=%2500").status_code == 200


def test_s_015_the_protocol_says_so_in_its_own_words() -> None:
    refused = Browser().post("/oauth2/token", "grant_type=%00", content_type=FORM)
    assert (refused.status_code, json.loads(refused.content)["error"]) == (400, "invalid_request")
