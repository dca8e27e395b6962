"""HS256 by the admin's act: ID tokens signed with the app's secret (OIDC Core 10.1, 16.19)."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings as django_settings
from django.test import Client as Browser
from django.utils import timezone

from idp.clients import metadata, secrets
from idp.clients.risks import risks
from idp.logout import backchannel
from idp.models import Client, Grant, LogoutNotice
from idp.tokens.id_token import left_half
from keys import ring
from tests.idp.app import CALLBACK, App, answer, make_client, verified
from tests.idp.endpoints.test_registration import manage, register


@pytest.fixture
def app(signing_keys: None) -> App:
    app = App(make_client(id_token_signed_response_alg="HS256"))
    app.sign_in()
    return app


def by_secret(token: str, app: App, secret: str = "") -> dict[str, Any]:
    return dict(
        pyjwt.decode(
            token,
            secret or app.secret,
            algorithms=["HS256"],
            audience=app.client.client_id,
            issuer=django_settings.ISSUER,
        )
    )


def forged(claims: dict[str, Any], secret: bytes, **header: Any) -> str:
    """HS256 by hand, for PyJWT refuses to take a public key for a secret."""
    parts = [{"alg": "HS256", "typ": "JWT", **header}, claims]
    body = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    mac = hmac.digest(secret, body, "sha256")
    return (body + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def said(app: App, **changes: Any) -> dict[str, Any]:
    """The claims of an ID token that would do as a hint."""
    now = int(time.time())
    return {
        "iss": django_settings.ISSUER,
        "sub": str(app.user.pk),
        "aud": app.client.client_id,
        "iat": now,
        "exp": now + 60,
        **changes,
    }


# --- What is signed ---------------------------------------------------------------------------------


def test_an_id_token_is_signed_with_the_secret(app: App) -> None:
    tokens = app.tokens()
    claims = by_secret(tokens["id_token"], app)
    assert claims["sub"] == str(app.user.pk)
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert pyjwt.get_unverified_header(tokens["id_token"]) == {"alg": "HS256", "typ": "JWT"}
    again = app.refresh(tokens["refresh_token"]).json()["id_token"]
    assert by_secret(again, app)["sub"] == claims["sub"]


def test_access_tokens_stay_for_everybody_to_verify(app: App) -> None:
    token = app.tokens()["access_token"]
    assert pyjwt.get_unverified_header(token)["alg"] == "RS256"
    assert verified(token, None)


def test_one_through_the_browser_has_its_hashes(signing_keys: None) -> None:
    client = make_client(
        id_token_signed_response_alg="HS256", response_types=["code id_token"],
        grant_types=["authorization_code", "implicit"],
    )  # fmt: skip
    app = App(client)
    app.sign_in()
    found = answer(app.authorize(response_type="code id_token"))
    assert by_secret(found["id_token"], app)["c_hash"] == left_half(found["code"], "HS256")


def test_userinfo_may_be_signed_so_too(signing_keys: None) -> None:
    app = App(make_client(userinfo_signed_response_alg="HS256"))
    app.sign_in()
    response = app.userinfo(app.tokens()["access_token"])
    assert by_secret(response.content.decode(), app)["email"] == app.user.email


def test_logout_tokens_are_signed_as_id_tokens_are(app: App) -> None:
    client = app.client
    client.backchannel_logout_uri = "https://app.example/logout"
    client.save()
    notice = LogoutNotice(sid="s", sub="x", client=client, channel="back")
    token = backchannel.token(notice, now=timezone.now())
    assert by_secret(token, app)["sid"] == "s"
    assert pyjwt.get_unverified_header(token)["typ"] == "logout+jwt"


# --- Secrets ----------------------------------------------------------------------------------------


def test_s_042_the_secret_is_kept_sealed_and_for_such_apps_only(app: App, signing_keys: None) -> None:
    plain = App(make_client())
    kept, other = app.client.secrets.get(), plain.client.secrets.get()
    assert kept.sealed
    assert app.secret not in kept.sealed
    assert other.sealed == ""
    metadata.change(app.client, {"id_token_signed_response_alg": "RS256"}).save()
    assert app.client.secrets.get().sealed == "", "forgotten when there is no use for it any more"


def test_of_two_secrets_the_older_signs_until_it_is_ended(app: App) -> None:
    """The app has that one; it gets the new one and then the admin ends the old."""
    old, new = app.secret, secrets.issue(app.client, timezone.now() + timedelta(seconds=1))
    assert by_secret(app.tokens()["id_token"], app, old)
    hint = app.tokens()["id_token"]
    secrets.end(app.client.secrets.get(hint=old[-4:]))
    app.secret = new
    assert by_secret(app.tokens()["id_token"], app, new)
    refused = answer(app.authorize(prompt="none", id_token_hint=hint))
    assert refused["error"] == "invalid_request", "what the ended secret signed proves nothing"


def test_without_a_secret_that_can_sign_nothing_is_spent(signing_keys: None) -> None:
    """Its secrets are from before: the admin makes a new one, and is warned until then."""
    app = App(make_client())
    app.sign_in()
    metadata.change(app.client, {"id_token_signed_response_alg": "HS256"}).save()
    code = app.code()
    response = app.redeem(code)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert "no secret that can sign" in response.json()["error_description"]
    assert Grant.objects.get().redeemed_at is None
    now = timezone.now()
    assert any("make a new one" in risk for risk in risks(app.client, now))
    app.secret = secrets.issue(app.client, now)
    assert by_secret(app.redeem(code).json()["id_token"], app)
    assert not any("make a new one" in risk for risk in risks(Client.objects.get(), now))


def test_an_encryption_key_that_is_gone_is_no_fault_of_the_code(app: App, settings: Any) -> None:
    code = app.code()
    settings.KEYS_ENCRYPTION_KEYS = {"9": b"an encryption key of thirty-two!"}
    assert app.redeem(code).json()["error"] == "invalid_client_metadata"
    assert Grant.objects.get().redeemed_at is None


# --- Hints ------------------------------------------------------------------------------------------


def test_its_id_token_is_a_hint(app: App) -> None:
    hint = app.tokens()["id_token"]
    assert "code" in answer(app.authorize(prompt="none", id_token_hint=hint))
    app.browser.get("/oauth2/logout", {"id_token_hint": hint})
    assert app.user.sessions.get().ended_at is not None


def test_the_id_token_of_another_app_is_no_hint(app: App) -> None:
    """Each is signed as it should be, for its own app."""
    other = App(make_client(id_token_signed_response_alg="HS256"), app.user, browser=app.browser)
    hint = other.tokens()["id_token"]
    assert "code" in answer(other.authorize(prompt="none", id_token_hint=hint))
    assert answer(app.authorize(prompt="none", id_token_hint=hint))["error"] == "invalid_request"
    there = {"id_token_hint": hint, "client_id": app.client.client_id}
    assert "Sign out?" in app.browser.get("/oauth2/logout", there).content.decode()


def public_pem() -> bytes:
    key = ring.ring(timezone.now()).signing("RS256").public
    return key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize("algorithm", ["RS256", "HS256"])
@pytest.mark.parametrize("secret", ["pem", "jwk", "empty", "client_id", "another app's"])
def test_s_051_no_public_value_makes_a_hint(signing_keys: None, algorithm: str, secret: str) -> None:
    """Algorithm confusion: HS256 with what everybody can read, with the kid of a real key and without."""
    app = App(make_client(id_token_signed_response_alg=algorithm))
    other = App(make_client(id_token_signed_response_alg="HS256"), app.user)
    app.sign_in()
    current = ring.ring(timezone.now()).signing("RS256")
    value = {
        "pem": public_pem(),
        "jwk": json.dumps(dict(current.jwk)).encode(),
        "empty": b"",
        "client_id": app.client.client_id.encode(),
        "another app's": other.secret.encode(),
    }[secret]
    for header in ({}, {"kid": current.kid}):
        hint = forged(said(app), value, **header)
        assert answer(app.authorize(prompt="none", id_token_hint=hint))["error"] == "invalid_request"
        assert "Sign out?" in app.browser.get("/oauth2/logout", {"id_token_hint": hint}).content.decode()
    assert app.user.sessions.get(ended_at=None)


def test_s_051_an_app_by_public_key_gets_no_hint_by_its_secret(signing_keys: None) -> None:
    """Also not where the secret is kept because it signs assertions."""
    app = App(make_client(token_endpoint_auth_method="client_secret_jwt"))
    app.sign_in()
    hint = forged(said(app), app.secret.encode())
    assert answer(app.authorize(prompt="none", id_token_hint=hint))["error"] == "invalid_request"
    assert "Sign out?" in app.browser.get("/oauth2/logout", {"id_token_hint": hint}).content.decode()


@pytest.mark.parametrize(
    "change",
    [{"aud": "another"}, {"iss": "https://mallory.example"}, {"aud": None}, {"sub": None}, {"aud": ["x", 1]}],
)
def test_a_hint_by_the_secret_is_checked_as_any_other(app: App, change: dict[str, Any]) -> None:
    hint = forged(said(app, **change), app.secret.encode())
    assert answer(app.authorize(prompt="none", id_token_hint=hint))["error"] == "invalid_request"
    assert "Sign out?" in app.browser.get("/oauth2/logout", {"id_token_hint": hint}).content.decode()


def test_an_older_hint_by_our_key_still_counts(app: App) -> None:
    """The app had another algorithm before."""
    Client.objects.update(id_token_signed_response_alg="RS256")
    app.client.touch()
    hint = app.tokens()["id_token"]
    assert pyjwt.get_unverified_header(hint)["alg"] == "RS256"
    Client.objects.update(id_token_signed_response_alg="HS256")
    app.client.touch()
    assert "code" in answer(app.authorize(prompt="none", id_token_hint=hint))


def test_s_058_an_id_token_by_the_secret_is_no_access_token_and_no_assertion(app: App) -> None:
    token = app.tokens()["id_token"]
    assert app.userinfo(token).status_code == 401
    assert app.introspect(token) == {"active": False}


# --- Who may have it --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id_token_signed_response_alg", "userinfo_signed_response_alg"])
def test_s_120_no_app_gives_it_to_itself(settings: Any, db: None, name: str) -> None:
    settings.REGISTRATION = "open"
    response = register(**{name: "HS256"})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    app = register().json()
    changed = {"client_id": app["client_id"], "redirect_uris": [CALLBACK], name: "HS256"}
    assert manage("PUT", app, changed).status_code == 400
    Client.objects.update(**{name: "HS256"})
    assert manage("PUT", app, changed).status_code == 200, "what an admin gave may be repeated"
    assert getattr(Client.objects.get(), name) == "HS256"


@pytest.mark.parametrize("name", ["id_token_signed_response_alg", "userinfo_signed_response_alg"])
@pytest.mark.parametrize("method", ["none", "private_key_jwt"])
def test_an_app_without_a_secret_can_not_have_it(db: None, name: str, method: str) -> None:
    keys = {"jwks_uri": "https://app.example/jwks"} if method == "private_key_jwt" else {}
    document = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": method, name: "HS256", **keys}
    with pytest.raises(metadata.InvalidClientMetadata, match="authenticates by a secret"):
        metadata.read(document, trusted=True)


@pytest.mark.parametrize(
    "name",
    [
        "authorization_signed_response_alg",
        "introspection_signed_response_alg",
        "signet_access_token_signed_response_alg",
    ],
)
def test_nothing_else_is_signed_so(db: None, name: str) -> None:
    with pytest.raises(metadata.InvalidClientMetadata, match=name):
        metadata.read({"redirect_uris": [CALLBACK], name: "HS256"}, trusted=True)


def test_the_admin_is_warned(db: None) -> None:
    client = make_client(id_token_signed_response_alg="HS256")
    assert any("HS256" in risk for risk in risks(client, timezone.now()))
    assert not any("HS256" in risk for risk in risks(make_client(), timezone.now()))


def test_an_algorithm_that_is_given_up_is_named_as_a_risk(db: None, settings: Any) -> None:
    client = make_client(id_token_signed_response_alg="ES256")
    settings.KEYS_ALGORITHMS = ["RS256", "ES256"]
    assert not any("IDP_KEY_ALGORITHMS" in risk for risk in risks(client, timezone.now()))
    settings.KEYS_ALGORITHMS = ["RS256"]
    assert any("ES256, which is not in IDP_KEY_ALGORITHMS" in risk for risk in risks(client, timezone.now()))


def test_discovery_names_it_where_it_works(db: None) -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    with_it = {
        name for name, value in document.items() if name.endswith("_values_supported") and "HS256" in value
    }
    assert with_it == {
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
        "revocation_endpoint_auth_signing_alg_values_supported",
    }
