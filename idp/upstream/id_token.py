"""The ID token of another provider, proved as OpenID Connect Core section 3.1.3.7 says, by the one verify (S-050)."""

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from idp.models import Upstream
from idp.tokens.id_token import left_half
from idp.upstream import presets
from idp.upstream.metadata import KeysOf, Metadata
from idp.upstream.refusals import UpstreamRefused
from keys.verification import InvalidToken, unproven, verify

PURPOSE = "upstream id_token"
OLDEST = timedelta(minutes=10)  # it is made when the code is redeemed, so this is for clocks


def prove(
    token: object, upstream: Upstream, metadata: Metadata, *, nonce: str, access_token: str, now: datetime
) -> dict[str, Any]:
    """Its claims. Raises UpstreamRefused."""
    if not isinstance(token, str):
        raise UpstreamRefused("no ID token")
    try:
        header, said = unproven(token)
        issuer = presets.issuer_of(upstream, said)
        if issuer is None:
            raise UpstreamRefused("tid is no tenant")
        claims = verify(
            token,
            purpose=PURPOSE,
            algorithms=metadata.algorithms,
            keys=KeysOf(metadata.jwks_uri, now),
            issuer=issuer,
            audience=upstream.client_id,
            typ=("", "JWT"),
            now=now,
            required=("sub", "iat", "nonce"),
        )
    except InvalidToken as refusal:
        raise UpstreamRefused(str(refusal)) from refusal
    _check_azp(claims, upstream.client_id)
    if not compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise UpstreamRefused("wrong nonce")
    if claims["iat"] < (now - OLDEST).timestamp():
        raise UpstreamRefused("iat is long ago")
    _check_at_hash(claims, access_token, str(header.get("alg")))
    return claims


def _check_azp(claims: dict[str, Any], client_id: str) -> None:
    """Wherever it is; and it has to be where there are several audiences."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != client_id:
        raise UpstreamRefused("wrong azp")


def _check_at_hash(claims: dict[str, Any], access_token: str, algorithm: str) -> None:
    """Not required with a code, but held to where it is: then the token that userinfo is asked with is this one's."""
    if "at_hash" not in claims:
        return
    expected = left_half(access_token, algorithm)
    if not compare_digest(str(claims["at_hash"]).encode(), expected.encode()):
        raise UpstreamRefused("wrong at_hash")
