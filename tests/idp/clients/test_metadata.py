"""Client metadata (RFC 7591 section 2, OIDC Registration section 2) read into clients and written back."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from hypothesis import given
from hypothesis import strategies as st

from idp.clients import metadata
from idp.models import Client
from idp.protocol import scopes
from idp.protocol.errors import InvalidClientMetadata, InvalidRedirectUri

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URI = "https://app.example/cb"


def read(*, trusted: bool = False, **document: Any) -> Client:
    return metadata.read({"redirect_uris": [URI], **document}, trusted=trusted).client


def test_the_defaults_are_those_of_the_specifications() -> None:
    client = read(client_name="Wiki")
    assert client.grant_types == ["authorization_code"]
    assert client.token_endpoint_auth_method == "client_secret_basic"
    assert client.application_type == "web"
    assert client.id_token_signed_response_alg == "RS256"
    assert client.require_pkce
    assert client.rotate_refresh_tokens
    assert not client.first_party
    assert client.enabled


def test_every_field_arrives() -> None:
    client = read(
        client_name="Wiki",
        application_type="native",
        token_endpoint_auth_method="none",
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope="openid email offline_access",
        post_logout_redirect_uris=["https://app.example/bye"],
        client_uri="https://app.example",
        logo_uri="https://app.example/logo.png",
        policy_uri="https://app.example/policy",
        tos_uri="https://app.example/tos",
        contacts=["alice@example.com"],
        subject_type="public",
    )
    assert (client.name, client.application_type) == ("Wiki", "native")
    assert client.is_public
    assert client.grant_types == ["authorization_code", "refresh_token"]
    assert client.scopes == ["openid", "email", "offline_access"]
    assert client.redirect_uris == [URI]
    assert client.post_logout_redirect_uris == ["https://app.example/bye"]
    assert client.contacts == ["alice@example.com"]
    assert client.tos_uri == "https://app.example/tos"


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no address to return to": ({"redirect_uris": []}, InvalidRedirectUri, "redirect_uris"),
    "absent addresses": ({"redirect_uris": None}, InvalidRedirectUri, "redirect_uris"),
    "addresses as text": ({"redirect_uris": URI}, InvalidRedirectUri, "redirect_uris"),
    "an address that is no text": ({"redirect_uris": [URI, 5]}, InvalidRedirectUri, "redirect_uris"),
    "an unparsable address": ({"redirect_uris": ["https://[x]/cb"]}, InvalidRedirectUri, "redirect_uris[0]"),
    "a fragment": ({"redirect_uris": [URI, URI + "#x"]}, InvalidRedirectUri, "redirect_uris[1]"),
    "a script": ({"redirect_uris": ["javascript:alert(1)"]}, InvalidRedirectUri, "redirect_uris[0]"),
    "space around an address": ({"redirect_uris": [f" {URI}"]}, InvalidRedirectUri, "redirect_uris[0]"),
    "21 addresses": (
        {"redirect_uris": [f"{URI}/{n}" for n in range(21)]},
        InvalidRedirectUri,
        "redirect_uris",
    ),
    "an address over 2 kB": ({"redirect_uris": [URI + "a" * 2048]}, InvalidRedirectUri, "redirect_uris"),
    "an own scheme for a web app": (
        {"redirect_uris": ["com.example:/cb"]},
        InvalidRedirectUri,
        "redirect_uris[0]",
    ),
    "a bad post-logout address": (
        {"post_logout_redirect_uris": ["/bye"]},
        InvalidClientMetadata,
        "post_logout_redirect_uris[0]",
    ),
    "an unknown method": (
        {"token_endpoint_auth_method": "tls"},
        InvalidClientMetadata,
        "token_endpoint_auth_method",
    ),
    "a method in a list": ({"token_endpoint_auth_method": ["none"]}, InvalidClientMetadata, "token_endpoint"),
    "the password grant": ({"grant_types": ["password"]}, InvalidClientMetadata, "grant_types"),
    "the implicit grant": ({"grant_types": ["implicit"]}, InvalidClientMetadata, "grant_types"),
    "no grant type": ({"grant_types": []}, InvalidClientMetadata, "grant_types"),
    "grant types as an object": (
        {"grant_types": {"authorization_code": 1}},
        InvalidClientMetadata,
        "grant_types",
    ),
    "a token in the front channel": ({"response_types": ["token"]}, InvalidClientMetadata, "response_types"),
    "a hybrid response": ({"response_types": ["code id_token"]}, InvalidClientMetadata, "response_types"),
    "no response type for codes": ({"response_types": []}, InvalidClientMetadata, "response_types"),
    "codes without their grant": (
        {"response_types": ["code"], "grant_types": ["client_credentials"]},
        InvalidClientMetadata,
        "response_types",
    ),
    "a public machine": (
        {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
        InvalidClientMetadata,
        "grant_types",
    ),
    "a malformed scope": ({"scope": 'open"id'}, InvalidClientMetadata, "scope"),
    "scopes in a list": ({"scope": ["openid"]}, InvalidClientMetadata, "scope"),
    "60 scopes": ({"scope": " ".join(f"s{n}" for n in range(60))}, InvalidClientMetadata, "scope"),
    "an unknown kind": ({"application_type": "desktop"}, InvalidClientMetadata, "application_type"),
    "an unsigned ID token": (
        {"id_token_signed_response_alg": "none"},
        InvalidClientMetadata,
        "id_token_signed_response_alg",
    ),
    "an algorithm without a key": (
        {"id_token_signed_response_alg": "ES256"},
        InvalidClientMetadata,
        "id_token_signed_response_alg",
    ),
    "subjects of a third kind": ({"subject_type": "ephemeral"}, InvalidClientMetadata, "subject_type"),
    "a name that is no text": ({"client_name": {"en": "Wiki"}}, InvalidClientMetadata, "client_name"),
    "a long name": ({"client_name": "w" * 101}, InvalidClientMetadata, "client_name"),
    "a name that turns around": ({"client_name": "Wiki\u202eikiw"}, InvalidClientMetadata, "client_name"),
    "a name with NUL": ({"client_name": "Wi\x00ki"}, InvalidClientMetadata, "client_name"),
    "a script for a home page": ({"client_uri": "javascript:alert(1)"}, InvalidClientMetadata, "client_uri"),
    "a logo by ftp": ({"logo_uri": "ftp://app.example/logo"}, InvalidClientMetadata, "logo_uri"),
    "a policy nowhere": ({"policy_uri": "policy"}, InvalidClientMetadata, "policy_uri"),
    "contacts as text": ({"contacts": "alice@example.com"}, InvalidClientMetadata, "contacts"),
    "11 contacts": ({"contacts": [str(n) for n in range(11)]}, InvalidClientMetadata, "contacts"),
}


@pytest.mark.parametrize(("change", "refusal", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_s_121_metadata_is_refused_by_the_name_of_the_field(
    change: dict[str, Any], refusal: type[Exception], field: str
) -> None:
    with pytest.raises(refusal) as error:
        read(**change)
    assert error.value.description.startswith(field)  # type: ignore[attr-defined]


def test_what_the_document_said_is_not_said_back() -> None:
    with pytest.raises(InvalidRedirectUri) as error:
        read(redirect_uris=["https://mallory.example/<script>#"])
    assert "mallory" not in error.value.description


def test_unknown_fields_are_dropped() -> None:
    client = read(
        client_name="Wiki",
        software_id="x",
        software_statement="http://169.254.169.254/",
        client_secret="mine",
    )
    assert "client_secret" not in metadata.as_response(_saved_like(client))


def test_null_counts_as_absent() -> None:
    client = read(client_name=None, grant_types=None, scope=None, contacts=None)
    assert client.grant_types == ["authorization_code"]


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({}, "app.example"),
        ({"client_name": "  "}, "app.example"),
        ({"client_uri": "https://wiki.example/home"}, "wiki.example"),
    ],
)
def test_an_app_without_a_name_is_called_after_its_host(document: dict[str, Any], name: str) -> None:
    assert read(**document).name == name


SCOPES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "nothing said": ({}, ["authorization_code"], ["openid", "profile", "email", "groups"]),
    "refresh_token": (
        {"grant_types": ["authorization_code", "refresh_token"]},
        ["authorization_code", "refresh_token"],
        list(scopes.DEFAULT),
    ),
    "offline_access asks for refresh_token": (
        {"scope": "openid offline_access"},
        ["authorization_code", "refresh_token"],
        ["openid", "offline_access"],
    ),
    "offline_access means nothing without it": (
        {"scope": "openid offline_access", "grant_types": ["authorization_code"]},
        ["authorization_code"],
        ["openid"],
    ),
    "a stranger's own scopes are dropped": ({"scope": "openid admin"}, ["authorization_code"], ["openid"]),
    "a machine has none by itself": ({"grant_types": ["client_credentials"]}, ["client_credentials"], []),
}


@pytest.mark.parametrize(("document", "grant_types", "granted"), SCOPES.values(), ids=SCOPES.keys())
def test_scopes_and_grant_types_fit(
    document: dict[str, Any], grant_types: list[str], granted: list[str]
) -> None:
    client = read(**document)
    assert client.grant_types == grant_types
    assert client.scopes == granted


EXTENSIONS: dict[str, Any] = {
    "signet_first_party": True,
    "signet_lean_id_token": True,
    "signet_audiences": ["https://api.example"],
    "signet_access_token_lifetime": 60,
    "signet_id_token_lifetime": 61,
    "signet_refresh_token_idle": 62,
    "signet_refresh_token_lifetime": 63,
    "signet_require_pkce": False,
    "signet_rotate_refresh_tokens": False,
}


def test_an_admin_may_use_our_extensions() -> None:
    client = read(trusted=True, scope="openid reports:read", **EXTENSIONS)
    assert client.first_party
    assert client.lean_id_token
    assert client.audiences == ["https://api.example"]
    assert (client.access_token_seconds, client.id_token_seconds) == (60, 61)
    assert (client.refresh_idle_seconds, client.refresh_seconds) == (62, 63)
    assert not client.require_pkce
    assert not client.rotate_refresh_tokens
    assert client.scopes == ["openid", "reports:read"]


def test_s_121_nobody_else_may() -> None:
    client = read(**EXTENSIONS, signet_groups=["nobody looks for this one"])
    assert not client.first_party
    assert client.require_pkce
    assert client.rotate_refresh_tokens
    assert client.access_token_seconds is None
    assert not any(name.startswith("signet_") for name in metadata.as_response(_saved_like(client)))


@pytest.mark.parametrize("seconds", [0, -1, 86401, 10**30, 1.5, "60", True, [60]])
def test_a_lifetime_out_of_bounds_is_refused(seconds: object) -> None:
    with pytest.raises(InvalidClientMetadata, match="signet_access_token_lifetime"):
        read(trusted=True, signet_access_token_lifetime=seconds)


def test_s_020_a_public_app_can_not_be_let_off_pkce_or_rotation() -> None:
    client = read(
        trusted=True,
        token_endpoint_auth_method="none",
        signet_require_pkce=False,
        signet_rotate_refresh_tokens=False,
    )
    assert client.require_pkce
    assert client.rotate_refresh_tokens


@pytest.mark.django_db
def test_groups_are_found_by_name() -> None:
    Group.objects.create(name="staff")
    registration = metadata.read({"redirect_uris": [URI], "signet_groups": ["staff"]}, trusted=True)
    registration.create(NOW)
    assert [group.name for group in registration.client.groups.all()] == ["staff"]


@pytest.mark.django_db
def test_a_group_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidClientMetadata, match="staf") as error:
        metadata.read({"redirect_uris": [URI], "signet_groups": ["staf"]}, trusted=True)
    assert error.value.description.startswith("signet_groups")


@pytest.mark.django_db
def test_the_response_is_that_of_rfc_7591() -> None:
    registration = metadata.read({"redirect_uris": [URI], "client_name": "Wiki", "scope": "openid"})
    secret = registration.create(NOW)
    response = metadata.as_response(registration.client, secret)
    assert response == {
        "client_id": registration.client.client_id,
        "client_id_issued_at": int(registration.client.created_at.timestamp()),
        "client_secret": secret,
        "client_secret_expires_at": 0,
        "client_name": "Wiki",
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "redirect_uris": [URI],
        "id_token_signed_response_alg": "RS256",
        "require_signed_request_object": False,
        "require_pushed_authorization_requests": False,
        "dpop_bound_access_tokens": False,
        "backchannel_logout_session_required": False,
        "frontchannel_logout_session_required": False,
        "scope": "openid",
        "subject_type": "public",
    }
    json.dumps(response)


@pytest.mark.django_db
def test_a_public_app_gets_no_secret() -> None:
    registration = metadata.read({"redirect_uris": [URI], "token_endpoint_auth_method": "none"})
    assert registration.create(NOW) == ""
    assert not registration.client.secrets.exists()
    assert "client_secret" not in metadata.as_response(registration.client)


@pytest.mark.django_db
def test_what_was_written_reads_back_as_the_same_app() -> None:
    Group.objects.create(name="staff")
    registration = metadata.read(
        {"redirect_uris": [URI], "client_name": "Wiki", "signet_groups": ["staff"], **EXTENSIONS},
        trusted=True,
    )
    registration.create(NOW)
    written = metadata.as_response(registration.client, trusted=True)
    again = metadata.read(written, trusted=True)
    again.create(NOW)
    differing = {"client_id", "client_id_issued_at"}
    assert {
        k: v for k, v in metadata.as_response(again.client, trusted=True).items() if k not in differing
    } == {k: v for k, v in written.items() if k not in differing}


@pytest.mark.django_db
def test_a_change_leaves_all_else_as_it_was() -> None:
    Group.objects.create(name="staff")
    registration = metadata.read(
        {"redirect_uris": [URI], "client_name": "Wiki", "signet_groups": ["staff"], **EXTENSIONS},
        trusted=True,
    )
    registration.create(NOW)
    before = metadata.as_response(registration.client, trusted=True)
    metadata.change(
        registration.client, {"client_name": "Notes", "client_uri": "https://notes.example"}
    ).save()
    after = metadata.as_response(Client.objects.get(), trusted=True)
    assert after == before | {"client_name": "Notes", "client_uri": "https://notes.example"}
    metadata.change(registration.client, {"client_uri": None, "signet_groups": None}).save()
    assert Client.objects.get().client_uri == ""
    assert not Client.objects.get().groups.exists()


@pytest.mark.django_db
def test_s_042_an_app_that_becomes_public_loses_its_secrets_for_good() -> None:
    registration = metadata.read({"redirect_uris": [URI]})
    registration.create(NOW)
    metadata.change(registration.client, {"token_endpoint_auth_method": "none"}).save()
    assert not registration.client.secrets.exists()


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda children: st.one_of(
        st.lists(children, max_size=4), st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=8,
)
LIKELY = st.one_of(
    JSON,
    st.lists(
        st.sampled_from([URI, "http://127.0.0.1/", "com.example:/", "https://[x]", "code", "none"]),
        max_size=3,
    ),
    st.sampled_from(
        ["code", "none", "native", "web", "openid", "RS256", URI, "authorization_code", "public"]
    ),
    st.lists(st.sampled_from(["authorization_code", "refresh_token", "client_credentials"]), max_size=3),
)
EXTENSIONS_READ_ALONE = [
    name for name in metadata.EXTENSIONS if name != "signet_resources"
]  # asks the database
NAMES = [*metadata.STANDARD, *EXTENSIONS_READ_ALONE, "scope", "response_types", "subject_type", "unknown"]


@given(st.dictionaries(st.sampled_from(NAMES), LIKELY, max_size=8), st.booleans())
def test_s_121_no_document_raises_anything_but_its_refusals(document: dict[str, Any], trusted: bool) -> None:
    with contextlib.suppress(InvalidClientMetadata, InvalidRedirectUri):
        client = metadata.read(document, trusted=trusted).client
        json.dumps(metadata.as_response(_saved_like(client)))


def _saved_like(client: Client) -> Client:
    client.created_at = NOW
    return client
