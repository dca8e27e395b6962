"""Answers of our own endpoints as JWTs: userinfo (OIDC Core section 5.3.2) and introspection (RFC 9701).

Neither has `exp`, without which nothing here and no careful relying party takes a JWT for a token.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.conf import conf
from idp.models import Client
from idp.tokens import protection
from keys.signing import sign

USERINFO = "application/jwt"
INTROSPECTION = "application/token-introspection+jwt"


def userinfo(claims: Mapping[str, Any], client: Client, *, now: datetime) -> str:
    """Signed, encrypted, or one in the other, as the app registered."""
    said = {**claims, "iss": conf().issuer, "aud": client.client_id}
    algorithm = client.userinfo_signed_response_alg
    if not algorithm:
        return protection.encrypted(json.dumps(said), client, "userinfo", cty="", now=now)
    signed = protection.signed(said, client, typ="JWT", algorithm=algorithm, now=now)
    return protection.encrypted(signed, client, "userinfo", now=now)


def introspection(answer: Mapping[str, Any], client: Client, *, now: datetime) -> str:
    """For the caller and nobody else, with the whole answer in one member (section 5)."""
    claims = {
        "iss": conf().issuer,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "token_introspection": answer,
    }
    signed = sign(claims, typ="token-introspection+jwt", algorithm=client.introspection_algorithm, now=now)
    return protection.encrypted(signed, client, "introspection", now=now)
