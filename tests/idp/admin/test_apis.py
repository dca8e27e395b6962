"""APIs in Django admin and by command: registered, changed, switched off, given to apps (RFC 8707)."""

import io
import json
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.models import AuditEvent
from idp.models import Api, Client
from tests.factories import make_admin, sign_in
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db
LIST = f"/{settings.ADMIN_PATH}/idp/api/"
WIKI = "https://wiki.example/api"


@pytest.fixture
def admin() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("root"))
    return browser


def command(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("api", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_admin_registers_and_changes_one(admin: Browser) -> None:
    form = {"name": "Wiki", "identifier": WIKI, "scopes": "wiki:read wiki:write wiki:read", "enabled": "on"}
    assert admin.post(f"{LIST}add/", form).status_code == 302
    api = Api.objects.get()
    assert api.scopes == ["wiki:read", "wiki:write"]
    page = f"{LIST}{api.pk}/change/"
    assert "wiki:read wiki:write" in admin.get(page).content.decode()
    admin.post(page, {**form, "identifier": "https://mallory.example", "scopes": "", "open_to_all": "on"})
    api.refresh_from_db()
    assert (api.identifier, api.scopes, api.open_to_all) == (WIKI, [], True)
    assert AuditEvent.objects.filter(type__in=["admin.added", "admin.changed"]).count() == 2


def test_nobody_deletes_one(admin: Browser) -> None:
    api = Api.objects.create(identifier=WIKI, name="Wiki")
    assert admin.post(f"{LIST}{api.pk}/delete/", {"post": "yes"}).status_code == 403


REFUSED = {
    "relative": ({"identifier": "/api"}, "absolute URI"),
    "with a fragment": ({"identifier": f"{WIKI}#x"}, "absolute URI"),
    "our own": ({"identifier": f"{settings.ISSUER}/oauth2/userinfo"}, "own userinfo"),
    "a scope about a person": ({"scopes": "openid"}, "of the API"),
    "a scope with quotes": ({"scopes": '"'}, "of the API"),
    "too long a life": ({"access_token_seconds": "86401"}, "86400"),
    "no life": ({"access_token_seconds": "0"}, "greater than"),
    "a key that there is not": ({"access_token_signed_response_alg": "ES256"}, "no such key"),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_the_admin_says_what_is_wrong(admin: Browser, change: dict[str, str], words: str) -> None:
    page = admin.post(f"{LIST}add/", {"name": "Wiki", "identifier": WIKI, "enabled": "on", **change})
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Api.objects.exists()


def test_the_form_of_an_app_offers_them(admin: Browser) -> None:
    Api.objects.create(identifier=WIKI, name="Wiki")
    client = make_client()
    page = f"/{settings.ADMIN_PATH}/idp/client/{client.pk}/change/"
    assert f"Wiki ({WIKI})" in admin.get(page).content.decode()
    form = {
        "name": "App",
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "enabled": "on",
        "redirect_uris": "https://app.example/callback",
        "require_pkce": "on",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "access_token_signed_response_alg": "RS256",
    }
    assert admin.post(page, {**form, "resources": [WIKI]}).status_code == 302
    assert Client.objects.get().resources == [WIKI]
    assert admin.post(page, {**form, "resources": ["https://other.example"]}).status_code == 200


def test_the_command_does_the_same() -> None:
    made = command(
        "create", WIKI, "Wiki", "--scope", "wiki:read wiki:write", "--lifetime", "2m", "--alg", "RS256"
    )
    assert made == {
        "resource": WIKI,
        "name": "Wiki",
        "scopes": ["wiki:read", "wiki:write"],
        "access_token_lifetime": 120,
        "access_token_signed_response_alg": "RS256",
        "open_to_all": False,
        "enabled": True,
    }
    assert command("update", WIKI, "--open", "--name", "The wiki")["open_to_all"] is True
    assert command("disable", WIKI)["enabled"] is False
    assert command("enable", WIKI) == command("show", WIKI) == command("list")[0]
    types = list(AuditEvent.objects.order_by("id").values_list("type", flat=True))
    assert types == ["api.created", *["api.changed"] * 3]


def test_the_command_prints_for_people_too() -> None:
    out = io.StringIO()
    call_command("api", "create", WIKI, "Wiki", "--scope", "wiki:read", stdout=out)
    call_command("api", "list", stdout=out)
    assert "wiki:read" in out.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "/api", "Wiki"),
        ("create", WIKI, "Wiki", "--lifetime", "soon"),
        ("create", WIKI, "Wiki", "--lifetime", "2d"),
        ("create", WIKI, "Wiki", "--scope", "openid"),
        ("show", WIKI),
    ],
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        command(*arguments)
    assert not Api.objects.exists()


def test_an_app_is_given_one_by_command_if_it_is_registered() -> None:
    command("create", WIKI, "Wiki")
    out = io.StringIO()
    options = ("client", "create", "App", "--redirect-uri", "https://app.example/cb", "--json")
    call_command(*options, "--resource", WIKI, stdout=out)
    assert json.loads(out.getvalue())["signet_resources"] == [WIKI]
    with pytest.raises(CommandError, match="not registered"):
        call_command(*options, "--resource", "https://other.example", stdout=out)
