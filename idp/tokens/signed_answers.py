"""Answers of our own endpoints as signed JWTs: userinfo (OIDC Core section 5.3.2) and introspection (RFC 9701).

Neither has `exp`, without which nothing here and no careful relying party takes a JWT for a token.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.conf import conf
from idp.models import Client
from keys.signing import sign

USERINFO = "application/jwt"
INTROSPECTION = "application/token-introspection+jwt"


def userinfo(claims: Mapping[str, Any], client: Client, *, now: datetime) -> str:
    return sign(
        {**claims, "iss": conf().issuer, "aud": client.client_id},
        typ="JWT",
        algorithm=client.userinfo_signed_response_alg,
        now=now,
    )


def introspection(answer: Mapping[str, Any], client: Client, *, now: datetime) -> str:
    """For the caller and nobody else, with the whole answer in one member (section 5)."""
    claims = {
        "iss": conf().issuer,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "token_introspection": answer,
    }
    return sign(claims, typ="token-introspection+jwt", algorithm=client.introspection_algorithm, now=now)
