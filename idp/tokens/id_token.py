"""The ID token: who signed in, when and how, for one app (OIDC Core section 2 and 3.1.3.6)."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from idp import claims
from idp.clients import registry, signing_secrets
from idp.conf import conf
from idp.models import Client, Grant
from idp.models.client_keys import WITH_SECRET
from idp.tokens import protection
from keys import base64url
from keys.algorithms import ALGORITHMS
from keys.foreign import Secret
from keys.ring import ring
from keys.verification import InvalidToken, KeySource, unproven, verify

PURPOSE = "id_token_hint"


_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


def left_half(value: str, algorithm: str) -> str:
    """at_hash and its like: the left half of the hash that belongs to the signature's algorithm.

    Ed25519 signs over SHA-512, and that is the hash that relying parties take for it.
    """
    function = _HASHES.get(algorithm[-3:], hashlib.sha512)
    digest = function(value.encode()).digest()
    return base64url.encode(digest[: len(digest) // 2])


def id_token(
    grant: Grant,
    client: Client,
    *,
    of_scope: tuple[str, ...],
    beside: Mapping[str, str],
    nonce: str,
    now: datetime,
) -> str:
    """An ID token, protected as the app registered; `nonce` is "" where there is none (OIDC Core section 12.2).

    `of_scope` are the scopes whose claims are in it. `beside` is what the same answer holds, by the name of its hash:
    at_hash of an access token, c_hash of a code, s_hash of the state.
    """
    said = payload(grant, client, of_scope=of_scope, beside=beside, nonce=nonce, now=now)
    algorithm = client.id_token_signed_response_alg
    signed = protection.signed(said, client, typ="JWT", algorithm=algorithm, now=now)
    return protection.encrypted(signed, client, "id_token", now=now)


def payload(
    grant: Grant,
    client: Client,
    *,
    of_scope: tuple[str, ...],
    beside: Mapping[str, str],
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    """What an ID token says, for the one that is signed and for who only looks."""
    algorithm = client.id_token_signed_response_alg
    issued = int(now.timestamp())
    said: dict[str, Any] = {
        "iss": conf().issuer,
        "sub": claims.subject(grant.user, client),
        "aud": client.client_id,
        "exp": issued + int(client.id_token_lifetime.total_seconds()),
        "iat": issued,
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": grant.amr,
        "sid": claims.session_id(grant.session_id, client),
        **{name: left_half(value, algorithm) for name, value in beside.items()},
    }
    if grant.acr:
        said["acr"] = grant.acr
    if nonce:
        said["nonce"] = nonce
    if of_scope:
        said |= claims.of_scope(grant.user, of_scope, client)
    if wanted := grant.claims.get("id_token"):
        said |= claims.requested(grant.user, client, wanted)
    return said


def beside_a_code(client: Client, scope: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes whose claims are in an ID token that comes with an access token: none of a lean one."""
    return () if client.lean_id_token else scope


class EncryptedHint(InvalidToken):
    """The app has to take the signed ID token out of the encrypted one (OIDC Core section 3.1.2.1)."""


def read_hint(hint: str, *, client: Client | None, now: datetime) -> dict[str, object]:
    """The claims of an ID token of ours, also of one expired or signed by a key long gone. Raises InvalidToken.

    It has to be for `client`; where there is none, for whom it says.
    """
    if hint.count(".") == 4:
        raise EncryptedHint("encrypted to the app: it has to send the signed token that is inside", PURPOSE)
    header, said = unproven(hint)
    if header.get("alg") in WITH_SECRET:
        return _by_secret(hint, client or registry.find(str(said.get("aud"))), now)
    return _by(hint, ring(now).hint_keys, ALGORITHMS, client, now)


def _by_secret(hint: str, client: Client | None, now: datetime) -> dict[str, object]:
    """By any secret of an app that has its ID tokens signed so; never by a key that others may know (S-051)."""
    refusal = InvalidToken("alg is not the one of the app", PURPOSE)
    if client is None or client.id_token_signed_response_alg not in WITH_SECRET:
        raise refusal
    for secret in signing_secrets.of(client, now):
        try:
            return _by(hint, Secret(secret), WITH_SECRET, client, now)
        except InvalidToken as error:
            refusal = error
    raise refusal


def _by(
    hint: str,
    keys: KeySource,
    algorithms: Collection[str],
    client: Client | None,
    now: datetime,
) -> dict[str, object]:
    return verify(
        hint,
        purpose=PURPOSE,
        algorithms=algorithms,
        keys=keys,
        issuer=conf().issuer,
        audience=client.client_id if client else None,
        typ="JWT",
        now=now,
        required=("iss", "sub", "aud", "exp", "iat"),
        check_expiry=False,
    )
