"""What only the app can read: ID tokens, userinfo, JARM, introspection, encrypted to its key (OIDC Core 10.2)."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from joserfc import jwe
from joserfc.jwk import ECKey, Key, RSAKey

from idp.clients import metadata, remote_keys
from idp.clients.remote_keys import MAX_AGE_TO_ENCRYPT, KeysOf
from idp.logout import backchannel
from idp.models import Client, Grant, LogoutNotice
from idp.outbound import Fetched, Unreachable
from idp.tokens.id_token import left_half
from keys.encryption import CONTENT, WRAPPING
from tests.idp.app import CALLBACK, App, answer, decoded, make_client, verified
from tests.idp.endpoints import test_device

RSA = RSAKey.generate_key(2048, {"kid": "app-rsa", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "app-ec", "use": "enc"})
KEYS: dict[str, Key] = {"RSA-OAEP-256": RSA, "ECDH-ES+A256KW": EC}
JWKS = {"keys": [key.as_dict(private=False) for key in KEYS.values()]}
INTROSPECTION = "application/token-introspection+jwt"


def opened(token: str, key: Key | None = None) -> tuple[str, dict[str, Any]]:
    """The content and the header, by the app's private key."""
    header = jwe_header(token)
    found = jwe.decrypt_compact(token, key or KEYS[header["alg"]], algorithms=[*WRAPPING, *CONTENT])
    return (found.plaintext or b"").decode(), header


def jwe_header(token: str) -> dict[str, Any]:
    assert token.count(".") == 4, token[:80]
    return dict(json.loads(urlsafe_b64decode(token.partition(".")[0] + "==")))


def encrypting(answers: str = "id_token", **fields: Any) -> Client:
    fields = {f"{answers}_encrypted_response_alg": "RSA-OAEP-256", "jwks": JWKS, **fields}
    return make_client(**fields)


@pytest.fixture
def sign_in(signing_keys: None) -> Callable[..., App]:
    def make(client: Client) -> App:
        app = App(client)
        app.sign_in()
        return app

    return make


# --- ID tokens --------------------------------------------------------------------------------------


@pytest.mark.parametrize("enc", CONTENT)
@pytest.mark.parametrize("alg", WRAPPING)
def test_an_id_token_is_signed_then_encrypted(sign_in: Callable[..., App], alg: str, enc: str) -> None:
    app = sign_in(encrypting(id_token_encrypted_response_alg=alg, id_token_encrypted_response_enc=enc))
    tokens = app.tokens()
    signed, header = opened(tokens["id_token"])
    assert (header["alg"], header["enc"], header["cty"]) == (alg, enc, "JWT")
    assert header["kid"] == KEYS[alg].get("kid")
    claims = verified(signed, app.client.client_id)
    assert claims["sub"] == str(app.user.pk)
    assert claims["at_hash"] == left_half(tokens["access_token"], "RS256")
    assert verified(tokens["access_token"], None)["sub"] == claims["sub"], "for APIs, which could not read it"
    again = app.refresh(tokens["refresh_token"]).json()["id_token"]
    assert verified(opened(again)[0], app.client.client_id)["sub"] == claims["sub"]


def test_without_enc_it_is_the_default_of_the_specification(sign_in: Callable[..., App]) -> None:
    assert jwe_header(sign_in(encrypting()).tokens()["id_token"])["enc"] == "A128CBC-HS256"


def test_one_that_comes_through_the_browser_is_encrypted_too(sign_in: Callable[..., App]) -> None:
    app = sign_in(
        encrypting(response_types=["code id_token"], grant_types=["authorization_code", "implicit"])
    )
    found = answer(app.authorize(response_type="code id_token"))
    claims = verified(opened(found["id_token"])[0], app.client.client_id)
    assert claims["c_hash"] == left_half(found["code"], "RS256")


def test_logout_tokens_are_encrypted_as_id_tokens_are(sign_in: Callable[..., App]) -> None:
    """OIDC Back-Channel Logout section 2.4."""
    client = encrypting(backchannel_logout_uri="https://app.example/logout")
    notice = LogoutNotice(sid="s", sub="x", client=client, channel="back")
    assert sign_in(client)
    signed, header = opened(backchannel.token(notice, now=timezone.now()))
    assert header["cty"] == "JWT"
    assert verified(signed, client.client_id)["sid"] == "s"
    assert pyjwt.get_unverified_header(signed)["typ"] == "logout+jwt"


# --- Hints ------------------------------------------------------------------------------------------


def test_an_encrypted_hint_is_refused_with_what_to_do(sign_in: Callable[..., App]) -> None:
    """OIDC Core section 3.1.2.1: the app has to decrypt it first."""
    app = sign_in(encrypting())
    token = app.tokens()["id_token"]
    refused = answer(app.authorize(prompt="none", id_token_hint=token))
    assert refused["error"] == "invalid_request"
    assert refused["error_description"] == (
        "id_token_hint is encrypted: send the signed ID token that is inside it."
    )
    assert "code" in answer(app.authorize(prompt="none", id_token_hint=opened(token)[0]))


def test_s_112_at_logout_it_proves_nothing_and_the_log_says_why(
    sign_in: Callable[..., App], caplog: pytest.LogCaptureFixture
) -> None:
    app = sign_in(encrypting(post_logout_redirect_uris=["https://app.example/bye"]))
    token = app.tokens()["id_token"]
    there = {"client_id": app.client.client_id, "post_logout_redirect_uri": "https://app.example/bye"}
    with caplog.at_level("INFO", "idp"):
        page = app.browser.get("/oauth2/logout", {"id_token_hint": token, **there}).content.decode()
    assert "Sign out?" in page
    assert "send the signed token that is inside" in caplog.text
    assert token not in caplog.text
    done = app.browser.get("/oauth2/logout", {"id_token_hint": opened(token)[0], **there})
    assert done["Location"] == "https://app.example/bye"


@pytest.mark.parametrize("hint", ["....", "a.b.c.d.e", "eyJ..." + "." * 2, "." * 4 + "x" * 5000])
def test_s_057_whatever_has_five_parts_is_refused_before_any_key_work(
    sign_in: Callable[..., App], hint: str
) -> None:
    app = sign_in(make_client())
    assert answer(app.authorize(id_token_hint=hint))["error"] == "invalid_request"
    assert app.userinfo("a.b.c.d.e").status_code == 401


# --- Other answers ----------------------------------------------------------------------------------


def test_userinfo_is_signed_then_encrypted(sign_in: Callable[..., App]) -> None:
    app = sign_in(encrypting("userinfo", userinfo_signed_response_alg="RS256"))
    response = app.userinfo(app.tokens()["access_token"])
    assert response["Content-Type"] == "application/jwt"
    signed, header = opened(response.content.decode())
    assert header["cty"] == "JWT"
    assert verified(signed, app.client.client_id)["email"] == app.user.email


def test_userinfo_may_be_encrypted_alone(sign_in: Callable[..., App]) -> None:
    """OIDC Core section 5.3.2: then it is claims, and no JWT is inside."""
    app = sign_in(encrypting("userinfo"))
    response = app.userinfo(app.tokens()["access_token"])
    assert response["Content-Type"] == "application/jwt"
    content, header = opened(response.content.decode())
    assert "cty" not in header
    claims = json.loads(content)
    assert (claims["iss"], claims["aud"]) == (settings.ISSUER, app.client.client_id)
    assert (claims["sub"], claims["email"]) == (str(app.user.pk), app.user.email)


def test_introspection_is_encrypted_for_the_caller(sign_in: Callable[..., App]) -> None:
    """RFC 9701 section 6."""
    app = sign_in(encrypting("introspection"))
    token = app.tokens()["access_token"]
    response = app.post("/oauth2/introspect", {"token": token}, HTTP_ACCEPT=INTROSPECTION)
    assert response["Content-Type"] == INTROSPECTION
    signed, _ = opened(response.content.decode())
    assert verified(signed, app.client.client_id)["token_introspection"] == app.introspect(token)


def test_an_answer_by_jarm_is_encrypted(sign_in: Callable[..., App]) -> None:
    app = sign_in(encrypting("authorization"))
    found = answer(app.authorize(response_mode="jwt"))
    claims = verified(opened(found["response"])[0], app.client.client_id)
    assert app.redeem(claims["code"]).status_code == 200
    refused = answer(app.authorize(response_mode="jwt", prompt="frobnicate"))
    assert verified(opened(refused["response"])[0], app.client.client_id)["error"] == "invalid_request"


def test_each_answer_is_protected_by_itself(sign_in: Callable[..., App]) -> None:
    app = sign_in(encrypting("userinfo"))
    assert verified(app.tokens()["id_token"], app.client.client_id)


# --- Keys at an address -----------------------------------------------------------------------------


class Site:
    def __init__(self, *keys: Key) -> None:
        self.publish(*keys)

    def publish(self, *keys: Key) -> None:
        document = {"keys": [key.as_dict(private=False) for key in keys]}
        self.next: Fetched | None = Fetched(200, "application/json", json.dumps(document).encode())

    def fetch(self, url: str, *, max_bytes: int) -> Fetched:
        if self.next is None:
            raise Unreachable("down")
        return self.next


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    remote_keys.forget()
    site = Site(RSA)
    monkeypatch.setattr(remote_keys, "fetch_for_strangers", site.fetch)
    return site


@pytest.fixture
def remote(sign_in: Callable[..., App], site: Site) -> App:
    return sign_in(encrypting(jwks=None, jwks_uri="https://app.example/jwks"))


def test_a_new_key_at_the_address_is_picked_up(remote: App, site: Site) -> None:
    """OIDC Core section 10.2.1: the app keeps the old one a little longer than we keep what we read."""
    now = timezone.now()
    assert jwe_header(remote.tokens()["id_token"])["kid"] == "app-rsa"
    site.publish(RSAKey.generate_key(2048, {"kid": "second", "use": "enc"}))
    before, after = (
        KeysOf(remote.client, now + age).to_encrypt("RSA-OAEP-256")
        for age in (MAX_AGE_TO_ENCRYPT - timedelta(seconds=30), MAX_AGE_TO_ENCRYPT + timedelta(seconds=30))
    )
    assert before is not None
    assert before.get("kid") == "app-rsa"
    assert after is not None
    assert after.get("kid") == "second"


def test_a_change_of_kind_is_picked_up_at_once(remote: App, site: Site) -> None:
    remote.tokens()
    site.publish(EC)
    Client.objects.filter(pk=remote.client.pk).update(id_token_encrypted_response_alg="ECDH-ES+A256KW")
    remote.client.touch()
    assert jwe_header(remote.tokens()["id_token"])["kid"] == "app-ec"


@pytest.mark.parametrize("cause", ["down", "no key for encryption", "a key of another kind", "nonsense"])
def test_without_a_key_the_app_hears_why_and_nothing_is_spent(remote: App, site: Site, cause: str) -> None:
    code = remote.code()
    if cause == "down":
        site.next = None
    elif cause == "nonsense":
        site.next = Fetched(200, "text/html", b"<html>")
    else:
        site.publish(EC if "kind" in cause else RSAKey.generate_key(2048, {"use": "sig"}))
    response = remote.redeem(code)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert "jwks_uri" in response.json()["error_description"]
    assert Grant.objects.get().redeemed_at is None
    site.publish(RSA)
    remote_keys.forget()
    tokens = remote.redeem(code).json()
    assert jwe_header(tokens["id_token"])
    remote_keys.forget()
    site.next = None
    refused = remote.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    assert Grant.objects.get().generation == 0


def test_without_a_key_nobody_is_asked_to_sign_in_for_nothing(
    sign_in: Callable[..., App], site: Site
) -> None:
    client = encrypting(
        jwks=None, jwks_uri="https://app.example/jwks", response_types=["code id_token"],
        grant_types=["authorization_code", "implicit"],
    )  # fmt: skip
    app = sign_in(client)
    site.next = None
    app.browser = Browser()
    assert answer(app.authorize(response_type="code id_token"))["error"] == "invalid_client_metadata"
    assert not Grant.objects.exists()


def test_without_a_key_jarm_says_only_that_and_only_signed(sign_in: Callable[..., App], site: Site) -> None:
    app = sign_in(encrypting("authorization", jwks=None, jwks_uri="https://app.example/jwks"))
    site.next = None
    found = answer(app.authorize(response_mode="jwt"))
    claims = verified(found["response"], app.client.client_id)
    assert claims["error"] == "invalid_client_metadata"
    assert claims["state"] == app.request()["state"]
    assert "code" not in claims
    assert not Grant.objects.exists()


@pytest.mark.parametrize(("answers", "path"), [("userinfo", "userinfo"), ("introspection", "introspect")])
def test_without_a_key_other_answers_are_refused_too(
    sign_in: Callable[..., App], site: Site, answers: str, path: str
) -> None:
    app = sign_in(encrypting(answers, jwks=None, jwks_uri="https://app.example/jwks"))
    token = app.tokens()["access_token"]
    site.next = None
    response = (
        app.userinfo(token)
        if path == "userinfo"
        else app.post("/oauth2/introspect", {"token": token}, HTTP_ACCEPT=INTROSPECTION)
    )
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


def test_without_a_key_a_device_code_is_not_spent(signing_keys: None, site: Site) -> None:
    keys = {"jwks_uri": "https://app.example/jwks", "id_token_encrypted_response_alg": "RSA-OAEP-256"}
    tv = test_device.make_device(subject_type="pairwise", **keys)
    asked = test_device.ask(tv)
    test_device.answer(tv, asked["user_code"])
    working, site.next = site.next, None
    refused = test_device.poll(tv, asked["device_code"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    site.next = working
    remote_keys.forget()
    tokens = test_device.poll(tv, asked["device_code"]).json()
    claims = verified(opened(tokens["id_token"])[0], tv.client.client_id)
    assert claims["sub"] == decoded(tokens["access_token"])["sub"] != str(tv.user.pk)


def test_a_token_without_a_person_needs_no_key(signing_keys: None, site: Site) -> None:
    site.next = None
    client = encrypting(
        jwks=None, jwks_uri="https://app.example/jwks", grant_types=["client_credentials"], scopes=["jobs"]
    )
    machine = App(client, consented="")
    assert machine.token(grant_type="client_credentials").status_code == 200


# --- Registration -----------------------------------------------------------------------------------


def registered(**said: Any) -> dict[str, Any]:
    client = metadata.read({"redirect_uris": [CALLBACK], **said}).client
    client.created_at = timezone.now()
    return metadata.as_response(client)


@pytest.mark.parametrize("answers", ["id_token", "userinfo", "authorization", "introspection"])
def test_an_app_registers_for_each(db: None, answers: str) -> None:
    said = {f"{answers}_encrypted_response_alg": "ECDH-ES+A256KW"}
    response = registered(jwks=JWKS, **said)
    assert response[f"{answers}_encrypted_response_alg"] == "ECDH-ES+A256KW"
    assert response[f"{answers}_encrypted_response_enc"] == "A128CBC-HS256"
    said[f"{answers}_encrypted_response_enc"] = "A256GCM"
    assert registered(jwks_uri="https://app.example/jwks", **said).items() >= said.items()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"id_token_encrypted_response_alg": "RSA-OAEP-256"}, "id_token_encrypted_response_alg"),
        ({"id_token_encrypted_response_alg": "RSA1_5", "jwks": JWKS}, "id_token_encrypted_response_alg"),
        ({"id_token_encrypted_response_alg": "dir", "jwks": JWKS}, "id_token_encrypted_response_alg"),
        ({"userinfo_encrypted_response_alg": "A256KW", "jwks": JWKS}, "userinfo_encrypted_response_alg"),
        ({"id_token_encrypted_response_enc": "A256GCM", "jwks": JWKS}, "id_token_encrypted_response_enc"),
        (
            {
                "id_token_encrypted_response_alg": "RSA-OAEP-256",
                "id_token_encrypted_response_enc": "A128GCM",
                "jwks": JWKS,
            },
            "id_token_encrypted_response_enc",
        ),
        (
            {
                "userinfo_encrypted_response_alg": "RSA-OAEP-256",
                "jwks": {"keys": [EC.as_dict(private=False)]},
            },
            "userinfo_encrypted_response_alg",
        ),
        (
            {
                "userinfo_encrypted_response_alg": "ECDH-ES+A256KW",
                "jwks": {"keys": [{**EC.as_dict(private=False), "use": "sig"}]},
            },
            "userinfo_encrypted_response_alg",
        ),
    ],
)
def test_s_121_what_could_never_work_is_refused_at_once(db: None, said: dict[str, Any], field: str) -> None:
    with pytest.raises(metadata.InvalidClientMetadata) as error:
        registered(**said)
    assert error.value.description.startswith(field)


def test_discovery_says_what_there_is(db: None) -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    for answers in ("id_token", "userinfo", "authorization", "introspection"):
        assert document[f"{answers}_encryption_alg_values_supported"] == ["RSA-OAEP-256", "ECDH-ES+A256KW"]
        assert document[f"{answers}_encryption_enc_values_supported"] == ["A128CBC-HS256", "A256GCM"]
    assert "request_object_encryption_alg_values_supported" not in document


def test_plain_tokens_stay_plain(sign_in: Callable[..., App]) -> None:
    assert decoded(sign_in(make_client()).tokens()["id_token"])
