"""An address that is a little wrong: programs are told the right one, people get a page; nobody is redirected."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

pytestmark = pytest.mark.django_db
PERSON = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/.well-known/openid-configuration/", "/.well-known/openid-configuration"),
        ("/.well-known/jwks.json/", "/.well-known/jwks.json"),
        ("/oauth2/token/", "/oauth2/token"),
        ("/oauth2/authorize/", "/oauth2/authorize"),
        ("/userinfo", "/oauth2/userinfo"),
        ("/token/", "/oauth2/token"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_s_007_a_program_is_told_the_right_address_and_not_redirected(
    path: str, right: str, method: str
) -> None:
    answer = Browser(enforce_csrf_checks=False).generic(method, path, headers={"Accept": "*/*"})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["error_description"] == f"The address is http://localhost:8000{right}"


def test_what_resembles_nothing_leads_to_discovery() -> None:
    answer = Browser().get("/oauth2/nothing", headers=PERSON)
    assert answer.status_code == 404
    assert answer.json()["error_description"].endswith("/.well-known/openid-configuration")


@pytest.mark.parametrize("path", ["/nothing", "/login/"])
def test_people_get_a_page(path: str) -> None:
    answer = Browser().get(path, headers=PERSON)
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_the_keys_are_where_some_look_for_them_too(signing_keys: None) -> None:
    assert Browser().get("/jwks").json() == Browser().get("/.well-known/jwks.json").json()


def test_security_txt_names_whom_to_tell_where_there_is_somebody(settings: Any) -> None:
    assert Browser().get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.com"
    answer = Browser().get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert fields["Contact"] == "mailto:security@example.com"
    assert fields["Canonical"] == "http://localhost:8000/.well-known/security.txt"
    left = datetime.fromisoformat(fields["Expires"]) - timezone.now()
    assert timedelta(days=1) < left < timedelta(days=365)
