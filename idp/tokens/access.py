"""Access tokens: JWTs of RFC 9068, never stored; alive as long as what they came from (S-060).

The `jti` of a person's token begins with its grant's id, so that one look-up tells whether it still lives.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from idp import claims
from idp.clients import registry
from idp.conf import conf
from idp.models import Client, Grant, RevokedToken
from idp.protocol.errors import InvalidBearer
from idp.protocol.secrets import mint
from idp.tokens import liveness
from idp.tokens.targets import Target
from keys.algorithms import ALGORITHMS
from keys.ring import ring
from keys.signing import sign
from keys.verification import InvalidToken, verify

TYP = "at+jwt"
_REQUIRED = ("iss", "sub", "aud", "exp", "iat", "jti", "client_id")


@dataclass(frozen=True)
class AccessToken:
    """A token that is ours, in time and not revoked; `grant` is None for one of client_credentials."""

    claims: dict[str, Any]
    client: Client
    grant: Grant | None

    @property
    def scope(self) -> tuple[str, ...]:
        return tuple(str(self.claims.get("scope", "")).split())

    @property
    def jkt(self) -> str:
        """The key that it is bound to, or "" (RFC 9449 section 6.1)."""
        return str(self.claims.get("cnf", {}).get("jkt", ""))

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.claims["exp"], UTC)


def access_token(
    client: Client,
    target: Target,
    *,
    grant: Grant | None,
    scope: tuple[str, ...],
    jkt: str = "",
    now: datetime,
) -> str:
    """A signed access token; without a grant the client itself is the subject (RFC 9068 section 2.2).

    Of `scope` it carries what `target` knows. With `jkt` only whoever proves that key may use it.
    """
    said = payload(client, target, grant=grant, scope=scope, jkt=jkt, now=now)
    return sign(said, typ=TYP, algorithm=target.algorithm, now=now)


def payload(
    client: Client,
    target: Target,
    *,
    grant: Grant | None,
    scope: tuple[str, ...],
    jkt: str = "",
    now: datetime,
) -> dict[str, Any]:
    """What an access token says, for the one that is signed and for who only looks."""
    issued = int(now.timestamp())
    said: dict[str, Any] = {
        "iss": conf().issuer,
        "sub": claims.subject(grant.user, client) if grant else client.client_id,
        "aud": list(target.audience),
        "exp": issued + int(target.lifetime.total_seconds()),
        "iat": issued,
        "jti": f"{grant.id}.{mint(9)}" if grant else mint(16),
        "client_id": client.client_id,
        "scope": " ".join(target.of(scope)),
    }
    if grant:
        said |= {
            "auth_time": int(grant.auth_time.timestamp()),
            "sid": claims.session_id(grant.session_id, client),
        }
        if grant.acr:
            said["acr"] = grant.acr
    if jkt:
        said["cnf"] = {"jkt": jkt}
    return said


def read(token: str, *, now: datetime) -> AccessToken:
    """Raises InvalidBearer unless `token` is an access token of ours that still lives."""
    try:
        found = verify(
            token,
            purpose="access token",
            algorithms=ALGORITHMS,
            keys=ring(now).verification_keys,
            issuer=conf().issuer,
            audience=None,  # whose it is, each endpoint judges
            typ=TYP,
            now=now,
            leeway=timedelta(0),
            required=_REQUIRED,
        )
    except InvalidToken as error:
        raise InvalidBearer(
            "The access token is malformed or expired.", reason=str(error), fault=error.reason, **error.seen
        ) from error
    client = registry.find(found["client_id"])
    if client is None:
        raise InvalidBearer(
            "The access token was revoked.", reason="the app is disabled or gone", check="access-token-alive"
        )
    return AccessToken(found, client, _living_grant(found, client, now=now))


def _living_grant(found: dict[str, Any], client: Client, *, now: datetime) -> Grant | None:
    """The grant of a person's token; None for a machine's, which lives until it expires or is revoked."""
    jti = found["jti"]
    grant_id, _, own = jti.partition(".")
    if not own:
        if RevokedToken.objects.filter(jti=jti).exists():
            raise InvalidBearer(
                "The access token was revoked.", check="access-token-alive", state="this token was revoked"
            )
        return None
    loaded = liveness.load(grant_id, jti=jti)
    reason = liveness.why_dead(loaded, client, now=now) if loaded else "no such grant"
    if loaded is None or reason:
        raise InvalidBearer(
            "The access token was revoked.", reason=reason, check="access-token-alive", state=reason
        )
    return loaded.grant


def revoke(token: AccessToken) -> None:
    """RFC 7009: this one token dies; remembered until it would have expired anyway."""
    RevokedToken.objects.get_or_create(jti=token.claims["jti"], defaults={"expires_at": token.expires_at})
