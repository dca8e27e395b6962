"""DPoP proofs: whoever sends this very request holds a key (RFC 9449 sections 4.3, 8 and 9; S-059).

A proof is good for a minute, for one method and address, and once over all nodes.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

from idp.conf import conf
from idp.models import Client
from idp.models.replay import first_use
from idp.protocol import secrets
from idp.protocol.errors import InvalidDpopProof, UseDpopNonce
from keys import base64url
from keys.embedded import OwnKey
from keys.verification import LEEWAY, InvalidToken, skew, verify

PURPOSE = "dpop proof"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")  # the last two are one (RFC 9864)
WINDOW = timedelta(seconds=60)
NONCE = "dpop nonce"
NONCE_STEP = timedelta(minutes=2)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Proof:
    """The thumbprint of the key that was proven; `next_nonce` when the sender's is about to end."""

    jkt: str
    next_nonce: str = ""


def presented(request: HttpRequest, client: Client, *, now: datetime, access_token: str = "") -> Proof | None:
    """The proof that the request brings, spent by this; None when it brings none. Raises as `read` does."""
    header = request.META.get("HTTP_DPOP")  # two headers come as one with a comma, which is no JWT
    if header is None:
        return None
    return read(
        header,
        method=request.method or "",
        uri=conf().url(request.path_info),
        access_token=access_token,
        nonce_required=client.require_dpop_nonce or conf().require_dpop_nonce,
        now=now,
    )


def read(
    proof: str, *, method: str, uri: str, access_token: str = "", nonce_required: bool = False, now: datetime
) -> Proof:
    """Raises InvalidDpopProof, or UseDpopNonce, which does not spend the proof."""
    try:
        key = OwnKey(proof)
        claims = _verified(proof, key, now)
        _check_request(claims, method, uri)
        if access_token and claims.get("ath") != token_hash(access_token):
            raise InvalidToken("ath is not the hash of the access token", PURPOSE)
        next_nonce = _check_nonce(claims.get("nonce"), now) if nonce_required else ""
        # No node takes it after that.
        if not first_use(PURPOSE, key.thumbprint, claims["jti"], expires_at=now + WINDOW + LEEWAY):
            raise InvalidToken("jti was used before", PURPOSE)
    except InvalidToken as error:
        # The reason is a constant of ours, and a developer has nothing else to find the fault by.
        raise InvalidDpopProof(
            f"The DPoP proof is refused: {error.reason}.", fault=error.reason, **error.seen
        ) from error
    return Proof(key.thumbprint, next_nonce)


def _verified(proof: str, key: OwnKey, now: datetime) -> dict[str, Any]:
    claims = verify(
        proof,
        purpose=PURPOSE,
        algorithms=ALGORITHMS,
        keys=key,
        issuer=None,
        audience=None,
        typ="dpop+jwt",
        required=("jti", "htm", "htu", "iat"),
        must_expire=False,
        now=now,
    )
    if claims["iat"] < (now - WINDOW).timestamp():
        raise InvalidToken("iat is more than a minute ago", PURPOSE, **skew(claims["iat"], now))
    return claims


def _check_request(claims: dict[str, Any], method: str, uri: str) -> None:
    """The address is the one that we print, whatever a proxy made of the request (INTEROP 28)."""
    if claims["htm"] != method:
        raise InvalidToken("htm is another method", PURPOSE, expected=method, received=claims["htm"])
    if not isinstance(claims["htu"], str) or _place(claims["htu"]) != _place(uri):
        raise InvalidToken("htu is another address", PURPOSE, expected=uri, received=claims["htu"])


def _place(uri: str) -> tuple[str, bool, str, int | None, str] | None:
    """An address without query and fragment, normalised as RFC 3986 section 6.2 says; None for what is none."""
    try:
        parts = urlsplit(uri)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, "@" in parts.netloc, parts.hostname or "", port, parts.path or "/"


def token_hash(access_token: str) -> str:
    """`ath` (section 4.2)."""
    return base64url.encode(hashlib.sha256(access_token.encode()).digest())


def nonce(now: datetime) -> str:
    """What proofs have to hold for a while: derived from the time, so that every node knows it unasked."""
    return _nonce(_step(now), secrets.keys(NONCE)[0])


def _check_nonce(value: object, now: datetime) -> str:
    """The nonce to go on with, or "" while the one sent is still the newest. Raises UseDpopNonce."""
    step = _step(now)
    sent = str(value).encode()
    for age in (0, 1):
        good = [hmac.compare_digest(_nonce(step - age, key).encode(), sent) for key in secrets.keys(NONCE)]
        if any(good):
            return nonce(now) if age else ""
    raise UseDpopNonce(nonce(now))


def _step(now: datetime) -> int:
    return int(now.timestamp() // NONCE_STEP.total_seconds())


def _nonce(step: int, key: bytes) -> str:
    return base64url.encode(hmac.digest(key, str(step).encode(), "sha256"))
