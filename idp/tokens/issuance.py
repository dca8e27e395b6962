"""The token response (RFC 6749 section 5.1, OIDC Core section 3.1.3.3): what a proven grant is given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.models import Client, Grant
from idp.tokens.access import access_token
from idp.tokens.id_token import beside_a_code, id_token
from idp.tokens.targets import Target


@dataclass(frozen=True)
class Authorization:
    """What a grant type proved: this client may have this scope at this target, for the person of this grant if
    there is one.
    """

    client: Client
    scope: tuple[str, ...]
    target: Target
    grant: Grant | None = None
    nonce: str = ""
    refresh_token: str = ""


def issue(authorization: Authorization, *, jkt: str = "", now: datetime) -> dict[str, Any]:
    """Signs what the scope asks for. No ID token and no refresh token without a person (S-043).

    The access token is bound to the key `jkt`, if one was proven (RFC 9449 section 5).
    """
    client, grant, scope = authorization.client, authorization.grant, authorization.scope
    target = authorization.target
    access = access_token(client, target, grant=grant, scope=scope, jkt=jkt, now=now)
    response: dict[str, Any] = {
        "access_token": access,
        "token_type": "DPoP" if jkt else "Bearer",
        "expires_in": int(target.lifetime.total_seconds()),
        "scope": " ".join(target.of(scope)),
    }
    if grant and authorization.refresh_token:
        response["refresh_token"] = authorization.refresh_token
    if grant and "openid" in scope:
        response["id_token"] = id_token(
            grant,
            client,
            of_scope=beside_a_code(client, scope),
            beside={"at_hash": access},
            nonce=authorization.nonce,
            now=now,
        )
    return response
