"""Server metadata: true, cacheable, the same whatever the request's headers say (OIDC Discovery, RFC 8414)."""

from typing import Any

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata
from django.conf import settings
from django.http import HttpResponse
from django.test import Client as Browser

from idp.endpoints.discovery import PATHS


def read(path: str = PATHS[0], **headers: Any) -> HttpResponse:
    return Browser().get(path, **headers)


@pytest.mark.parametrize("path", PATHS)
def test_both_well_known_paths_give_the_same_document(path: str) -> None:
    response = read(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response.content == read().content


def test_authlib_finds_the_metadata_valid() -> None:
    # Its rule of https for every address does not hold on loopback, where the tests are.
    document = {
        name: value.replace("http://localhost:8000", "https://id.example")
        if isinstance(value, str)
        else value
        for name, value in read().json().items()
    }
    OpenIDProviderMetadata(document).validate()


def test_s_090_the_document_is_the_same_whatever_the_headers_say() -> None:
    plain = read()
    for headers in (
        {"HTTP_HOST": "127.0.0.1"},
        {"HTTP_X_FORWARDED_HOST": "mallory.example"},
        {"HTTP_FORWARDED": "host=mallory.example;proto=https"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
    ):
        assert read(**headers).content == plain.content
    assert plain.json()["issuer"] == settings.ISSUER


def test_s_092_it_may_be_cached_and_asked_for_again_cheaply() -> None:
    first = read()
    assert "max-age" in first["Cache-Control"]
    assert "Vary" not in first
    again = read(HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_head_options_and_the_rest() -> None:
    assert Browser().head(PATHS[0]).content == b""
    assert Browser().options(PATHS[0]).status_code == 204
    assert Browser().post(PATHS[0]).status_code == 405


@pytest.mark.django_db
def test_every_endpoint_that_is_advertised_is_there() -> None:
    for name, value in read().json().items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(settings.ISSUER), name
            response = Browser().get(value.removeprefix(settings.ISSUER))
            assert response.status_code != 404, name


def test_nothing_is_claimed_that_is_not_there() -> None:
    document = read().json()
    assert "token" not in document["response_types_supported"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert "none" not in document["id_token_signing_alg_values_supported"]
    assert document["require_request_uri_registration"] is True
    assert document["authorization_response_iss_parameter_supported"] is True
    assert "password" not in document["grant_types_supported"]
