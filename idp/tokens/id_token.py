"""The ID token: who signed in, when and how, for one app (OIDC Core section 2 and 3.1.3.6)."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp import claims
from idp.conf import conf
from idp.models import Client, Grant
from keys.algorithms import ALGORITHMS
from keys.ring import ring
from keys.signing import sign
from keys.verification import verify


def left_half(value: str, algorithm: str) -> str:
    """at_hash and its like: the left half of the hash that belongs to the signature's algorithm.

    Ed25519 signs over SHA-512, and that is the hash that relying parties take for it.
    """
    function = hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256
    digest = function(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def id_token(
    grant: Grant,
    client: Client,
    *,
    of_scope: tuple[str, ...],
    beside: Mapping[str, str],
    nonce: str,
    now: datetime,
) -> str:
    """A signed ID token; `nonce` is "" where there is none, as at a refresh (OIDC Core section 12.2).

    `of_scope` are the scopes whose claims are in it. `beside` is what the same answer holds, by the name of its hash:
    at_hash of an access token, c_hash of a code, s_hash of the state.
    """
    algorithm = client.id_token_signed_response_alg
    issued = int(now.timestamp())
    payload: dict[str, Any] = {
        "iss": conf().issuer,
        "sub": claims.subject(grant.user, client),
        "aud": client.client_id,
        "exp": issued + int(client.id_token_lifetime.total_seconds()),
        "iat": issued,
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": grant.amr,
        "sid": grant.session_id,
        **{name: left_half(value, algorithm) for name, value in beside.items()},
    }
    if grant.acr:
        payload["acr"] = grant.acr
    if nonce:
        payload["nonce"] = nonce
    if of_scope:
        payload |= claims.of_scope(grant.user, of_scope, client)
    if wanted := grant.claims.get("id_token"):
        payload |= claims.requested(grant.user, client, wanted)
    return sign(payload, typ="JWT", algorithm=algorithm, now=now)


def read_hint(hint: str, *, audience: str | None, now: datetime) -> dict[str, object]:
    """The claims of an ID token of ours, also of one expired or signed by a key long gone. Raises InvalidToken."""
    return verify(
        hint,
        purpose="id_token_hint",
        algorithms=ALGORITHMS,
        keys=ring(now).hint_keys,
        issuer=conf().issuer,
        audience=audience,
        typ="JWT",
        now=now,
        required=("iss", "sub", "aud", "exp", "iat"),
        check_expiry=False,
    )
