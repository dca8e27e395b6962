"""How a JWT for an app is protected: signed as it registered, and encrypted where it registered a key for that.

OIDC Core sections 10.1 and 10.2: signed first, then encrypted. HS256 is signed with the app's secret.
"""

from collections.abc import Mapping
from datetime import datetime

from idp.clients import signing_secrets
from idp.clients.remote_keys import KeysOf
from idp.models import Client
from idp.models.client_keys import WITH_SECRET
from idp.protocol.errors import NothingToProtectWith
from keys.encryption import encrypt
from keys.foreign import Key
from keys.signing import sign, sign_with_secret


def signed(claims: Mapping[str, object], client: Client, *, typ: str, algorithm: str, now: datetime) -> str:
    if algorithm in WITH_SECRET:
        return sign_with_secret(_secret(client, now), claims, typ)
    return sign(claims, typ=typ, algorithm=algorithm, now=now)


def encrypted(content: str, client: Client, answer: str, *, cty: str = "JWT", now: datetime) -> str:
    """`content` as the app registered for that answer (idp.models.client_encryption.ANSWERS)."""
    encryption = client.encryption_of(answer)
    if encryption is None:
        return content
    key = _recipient(client, encryption.alg, now)
    return encrypt(content, key=key, algorithm=encryption.alg, encryption=encryption.enc, cty=cty)


def check(client: Client, answer: str, *, algorithm: str = "", now: datetime) -> None:
    """Before anything is spent on an answer: raises NothingToProtectWith if it could not be made."""
    if algorithm in WITH_SECRET:
        _secret(client, now)
    if encryption := client.encryption_of(answer):
        _recipient(client, encryption.alg, now)


def check_id_token(client: Client, scope: tuple[str, ...], *, now: datetime) -> None:
    """The same for the ID token that this scope gives, if it does."""
    if "openid" in scope:
        check(client, "id_token", algorithm=client.id_token_signed_response_alg, now=now)


def _secret(client: Client, now: datetime) -> bytes:
    found = signing_secrets.of(client, now)
    if not found:
        raise NothingToProtectWith("The app has no secret that can sign for it: make a new one.")
    return found[0]


def _recipient(client: Client, algorithm: str, now: datetime) -> Key:
    key = KeysOf(client, now).to_encrypt(algorithm)
    if key is None:
        raise NothingToProtectWith(
            f"The app's keys could not be read, or none of them is for {algorithm}: look at its jwks or jwks_uri."
        )
    return key
