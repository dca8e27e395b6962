"""Userinfo as a protected resource: what describes it is true, and found from its challenge (RFC 9728)."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from idp.endpoints.protected_resource import PATHS
from idp.protocol.scopes import KNOWN
from idp.wsgi import EARLY
from tests.idp.app import App, decoded, make_client

RESOURCES = {PATHS[0]: settings.ISSUER, PATHS[1]: f"{settings.ISSUER}/oauth2/userinfo"}


@pytest.mark.parametrize("path", PATHS)
def test_each_path_describes_the_resource_that_it_is_made_of(path: str) -> None:
    response = Browser().get(path)
    document = response.json()
    assert document["resource"] == RESOURCES[path]
    assert document["authorization_servers"] == [settings.ISSUER]
    assert document["bearer_methods_supported"] == ["header", "body"]
    assert set(document["scopes_supported"]) < set(KNOWN)
    assert Browser().get(path, HTTP_IF_NONE_MATCH=response["ETag"]).status_code == 304
    assert path in EARLY


def test_s_090_the_document_is_the_same_whatever_the_headers_say() -> None:
    forged = {"HTTP_HOST": "127.0.0.1", "HTTP_X_FORWARDED_HOST": "mallory.example"}
    assert Browser().get(PATHS[0], **forged).content == Browser().get(PATHS[0]).content


def described_by(response: HttpResponse) -> str:
    found = re.search(r'resource_metadata="([^"]+)"', response["WWW-Authenticate"])
    assert found is not None, response["WWW-Authenticate"]
    return found[1]


def test_every_challenge_of_userinfo_leads_to_it(app: App) -> None:
    """Section 3.3: `resource` is the address that was asked."""
    machine_token = app.tokens(scope="profile")["access_token"]
    for headers in (
        {},
        {"HTTP_AUTHORIZATION": "Bearer nonsense"},
        {"HTTP_AUTHORIZATION": "DPoP nonsense"},
        {"HTTP_AUTHORIZATION": f"Bearer {machine_token}"},
    ):
        response = Browser().get("/oauth2/userinfo", **headers)
        document = Browser().get(urlsplit(described_by(response)).path).json()
        assert document["resource"] == f"{settings.ISSUER}/oauth2/userinfo"


def test_a_token_for_what_it_names_opens_it(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(first_party=True))
    app.sign_in()
    for path in PATHS:
        resource = Browser().get(path).json()["resource"]
        token = app.tokens(scope="openid", resource=resource)["access_token"]
        assert decoded(token)["aud"] == [resource]
        assert app.userinfo(token).status_code == 200


@pytest.mark.parametrize("path", ["/oauth2/register/x", "/oauth2/token", "/oauth2/introspect"])
@pytest.mark.django_db
def test_nothing_else_claims_to_be_described_there(path: str) -> None:
    response = Browser().post(path, HTTP_AUTHORIZATION="Bearer x")
    assert "resource_metadata" not in response.get("WWW-Authenticate", "")


@pytest.mark.django_db
def test_it_costs_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        for path in PATHS:
            Browser().get(path)
    assert not list(queries)
