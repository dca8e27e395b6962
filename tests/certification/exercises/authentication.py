"""How an app proves who it is: at the token, introspection and revocation endpoints; and DPoP."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from tests.certification import judging
from tests.certification.exercises.table import Room, of
from tests.certification.key import Key
from tests.certification.party import Party
from tests.certification.registering import register

SECRETS = ("client_secret_basic", "client_secret_post")
BY_KEY = ("RS256", "PS256", "ES256", "EdDSA")
Use = Callable[[Room, Party], None]


def app(room: Room, method: str, algorithm: str = "") -> Party:
    """An app that authenticates so, and whose key signs so."""
    if method == "none":
        return register(room.provider, token_endpoint_auth_method=method, jwks=None)
    if method in SECRETS:
        return register(room.provider, token_endpoint_auth_method=method)
    algorithm = algorithm or ("HS256" if method == "client_secret_jwt" else "RS256")
    said = {"token_endpoint_auth_method": method, "token_endpoint_auth_signing_alg": algorithm}
    if method == "private_key_jwt":
        return register(room.provider, key=Key(algorithm), **said)
    party = register(room.provider, jwks=None, **said)
    party.key = Key.of_secret(party.registration["client_secret"], algorithm)
    return party


PKCE = {
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B


def tokens(room: Room, party: Party) -> dict[str, Any]:
    """By PKCE, since a public app needs it."""
    arrival = party.ask(room.browser, party.request(**PKCE))
    return judging.check_token_answer(party.redeem(arrival.parameters["code"], code_verifier=VERIFIER))


def redeem(room: Room, party: Party) -> None:
    assert tokens(room, party)["access_token"]


def introspect(room: Room, party: Party) -> None:
    answer = party.post("introspection_endpoint", {"token": tokens(room, party)["access_token"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["active"] is True


def revoke(room: Room, party: Party) -> None:
    access = tokens(room, party)["access_token"]
    assert party.ask_userinfo(access).status_code == 200
    assert party.post("revocation_endpoint", {"token": access}).status_code == 200
    assert party.ask_userinfo(access).status_code == 401


USES: dict[str, Use] = {"token": redeem, "introspection": introspect, "revocation": revoke}
of("introspection_endpoint")(lambda room, value: introspect(room, app(room, "client_secret_basic")))
of("revocation_endpoint")(lambda room, value: revoke(room, app(room, "client_secret_basic")))


def _by_method(use: Use) -> Callable[[Room, str], None]:
    return lambda room, value: use(room, app(room, value))


def _by_algorithm(use: Use) -> Callable[[Room, str], None]:
    def exercise(room: Room, value: str) -> None:
        method = "client_secret_jwt" if value.startswith("HS") else "private_key_jwt"
        use(room, app(room, method, value))

    return exercise


for name, use in USES.items():
    public = () if name == "introspection" else ("none",)
    methods = (*SECRETS, "private_key_jwt", "client_secret_jwt", *public)
    of(f"{name}_endpoint_auth_methods_supported", *methods)(_by_method(use))
    of(f"{name}_endpoint_auth_signing_alg_values_supported", *BY_KEY, "HS256")(_by_algorithm(use))


@of("dpop_signing_alg_values_supported", *BY_KEY, "Ed25519")
def dpop(room: Room, value: str) -> None:
    """A token that is bound to the key, good with a proof and refused as Bearer (RFC 9449 section 7)."""
    party, key = app(room, "client_secret_basic"), Key(value, kid="")
    code = party.ask(room.browser, party.request()).parameters["code"]
    address = room.provider.metadata["token_endpoint"]
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": party.redirect_uri}
    answer = party.post("token_endpoint", grant, {"DPoP": proof(room, key, "POST", address)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"
    access, userinfo = answer.json()["access_token"], room.provider.metadata["userinfo_endpoint"]
    assert party.ask_userinfo(access).status_code == 401
    ath = urlsafe_b64encode(hashlib.sha256(access.encode()).digest()).rstrip(b"=").decode()
    headers = {"Authorization": f"DPoP {access}", "DPoP": proof(room, key, "GET", userinfo, ath=ath)}
    assert room.provider.http.get(userinfo, headers=headers, timeout=30).json()["sub"]


def proof(room: Room, key: Key, method: str, address: str, **claims: str) -> str:
    said = {
        "jti": secrets.token_hex(8),
        "htm": method,
        "htu": address,
        "iat": int(room.provider.now()),
        **claims,
    }
    return key.sign(said, typ="dpop+jwt", jwk=key.jwk)
