"""Which response types an app may register, in step with its grant types (RFC 7591 section 2.1; S-017)."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from idp.clients import metadata
from idp.clients.risks import risks
from idp.models import Client
from idp.protocol import response_types
from idp.protocol.errors import InvalidClientMetadata
from tests.idp.app import make_client

URI = "https://app.example/cb"


def read(*, trusted: bool = True, **document: Any) -> Client:
    return metadata.read({"redirect_uris": [URI], **document}, trusted=trusted).client


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (["code"], ["authorization_code"]),
        (["id_token"], ["implicit"]),
        (["token id_token"], ["implicit"]),
        (["code id_token"], ["authorization_code", "implicit"]),
        (["code", "code token"], ["authorization_code", "implicit"]),
    ],
)
def test_grant_types_follow_response_types(asked: list[str], granted: list[str]) -> None:
    client = read(response_types=asked)
    assert client.grant_types == granted
    assert client.response_types == [response_types.canonical(name) for name in asked]
    assert metadata.as_response(_saved_like(client))["response_types"] == client.response_types


def _saved_like(client: Client) -> Client:
    client.created_at = timezone.now()
    return client


@pytest.mark.parametrize("name", response_types.FRONT_CHANNEL)
def test_s_017_nobody_but_an_admin_switches_on_tokens_through_the_browser(name: str) -> None:
    with pytest.raises(InvalidClientMetadata, match="response_types"):
        read(trusted=False, response_types=["code", name])


@pytest.mark.parametrize(
    "document",
    [
        {"response_types": ["token"]},
        {"response_types": ["none"]},
        {"response_types": "code"},
        {"response_types": ["id_token"], "grant_types": ["authorization_code"]},
        {"response_types": ["code id_token"], "grant_types": ["implicit"]},
        {"grant_types": ["implicit"]},
        {"authorization_signed_response_alg": "none"},
        {"authorization_signed_response_alg": "HS256"},
        {"userinfo_signed_response_alg": "ES256"},  # no such key here
        {"introspection_signed_response_alg": "ES256"},
        {"default_max_age": -1},
        {"default_max_age": "60"},
        {"default_acr_values": "low"},
    ],
)
def test_what_does_not_fit_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientMetadata):
        read(**document)


def test_implicit_without_a_response_type_for_it_is_dropped() -> None:
    client = read(trusted=False, grant_types=["authorization_code", "implicit"], response_types=["code"])
    assert client.grant_types == ["authorization_code"]


def test_answers_and_defaults_are_kept_and_told() -> None:
    asked = {
        "authorization_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": "RS256",
        "introspection_signed_response_alg": "RS256",
        "default_max_age": 3600,
        "default_acr_values": ["urn:signet:pwd"],
    }
    assert asked.items() <= metadata.as_response(_saved_like(read(trusted=False, **asked))).items()


@pytest.mark.django_db
def test_a_change_of_something_else_keeps_the_response_types() -> None:
    client = metadata.read(
        {"redirect_uris": [URI], "response_types": ["code", "id_token"]}, trusted=True
    ).client
    client.save()
    metadata.change(client, {"client_name": "Wiki"})
    assert client.response_types == ["code", "id_token"]
    assert client.grant_types == ["authorization_code", "implicit"]


@pytest.mark.parametrize("uri", ["http://127.0.0.1/cb", "http://localhost:8080/cb", "com.example.app:/cb"])
def test_tokens_through_the_browser_go_to_https_only(uri: str, settings: Any) -> None:
    """OIDC Registration section 2, application_type. A provider on this very machine is for trying things."""
    client = make_unsaved(redirect_uris=[uri], application_type="native", response_types=["code id_token"])
    settings.LOCAL = False
    with pytest.raises(ValidationError, match="https addresses only"):
        client.clean()
    settings.LOCAL = True
    client.clean()


def make_unsaved(**fields: Any) -> Client:
    return Client(**{"name": "Wiki", "redirect_uris": [URI], **fields})


@pytest.mark.django_db
def test_the_admin_reads_what_it_means() -> None:
    plain, weak = make_client(), make_client(response_types=["code", "id_token token"])
    assert not any("through the browser" in words for words in risks(plain, timezone.now()))
    assert any("(id_token token)" in words for words in risks(weak, timezone.now()))
