"""Client assertions: a JWT that the app signs, with its key or with its secret, in place of sending a secret.

RFC 7523 sections 2.2 and 3, OIDC Core section 9; the audience as in the update of RFC 7523 that followed the
audience injection attacks (decision 10; S-054 to S-056, S-058).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from idp.clients import signing_secrets
from idp.clients.remote_keys import KeysOf
from idp.conf import conf
from idp.models import Client
from idp.models.client_keys import ASSERTION_ALGORITHMS
from idp.models.replay import first_use
from keys.foreign import Secret
from keys.verification import LEEWAY, InvalidToken, KeySource, skew, unproven, verify

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PURPOSE = "client assertion"
LONGEST, LONGEST_LENIENT = timedelta(minutes=10), timedelta(hours=1)
MAX_JTI = 255
_TYPES = ("", "JWT", "client-authentication+jwt")
_NAMES = {"EdDSA": ("EdDSA", "Ed25519")}  # RFC 9864 gave the second name to the same thing


def spelled(algorithms: Iterable[str]) -> list[str]:
    """Each algorithm under all of its names."""
    return [name for algorithm in algorithms for name in _NAMES.get(algorithm, (algorithm,))]


def introduce(assertion: str) -> tuple[str, str]:
    """(method, client id) as the assertion says of itself, nothing of it proven. Raises InvalidToken."""
    header, claims = unproven(assertion)
    method = "client_secret_jwt" if str(header.get("alg")).startswith("HS") else "private_key_jwt"
    return method, str(claims.get("sub", ""))


def prove_by_key(client: Client, assertion: str, endpoint: str, now: datetime) -> None:
    """private_key_jwt. Raises InvalidToken."""
    if not client.has_keys:
        raise InvalidToken("the app has no keys", PURPOSE)
    _use_up(_verified(client, assertion, KeysOf(client, now), "private_key_jwt", endpoint, now), client, now)


def prove_by_secret(client: Client, assertion: str, endpoint: str, now: datetime) -> None:
    """client_secret_jwt, with any of the app's live secrets. Raises InvalidToken."""
    refusal = InvalidToken("the app has no secret that can sign", PURPOSE)
    for secret in signing_secrets.of(client, now):
        try:
            claims = _verified(client, assertion, Secret(secret), "client_secret_jwt", endpoint, now)
        except InvalidToken as error:
            refusal = error
        else:
            return _use_up(claims, client, now)
    raise refusal


def _verified(
    client: Client, assertion: str, keys: KeySource, method: str, endpoint: str, now: datetime
) -> dict[str, Any]:
    chosen = client.token_endpoint_auth_signing_alg
    claims = verify(
        assertion,
        purpose=PURPOSE,
        algorithms=spelled((chosen,) if chosen else ASSERTION_ALGORITHMS[method]),
        keys=keys,
        issuer=client.client_id,
        audience=_audiences(client, endpoint),
        typ=_TYPES,
        now=now,
        required=("iss", "sub", "aud", "jti"),
    )
    if claims["sub"] != client.client_id:
        raise InvalidToken("sub is not the client", PURPOSE, expected=client.client_id)
    if not client.lenient_assertions and claims["aud"] != conf().issuer:
        raise InvalidToken(
            "aud is not the issuer as one string", PURPOSE, expected=conf().issuer, received=claims["aud"]
        )
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
        raise InvalidToken("aud names more than us", PURPOSE, received=claims["aud"])
    longest = LONGEST_LENIENT if client.lenient_assertions else LONGEST
    if claims["exp"] > (now + longest + LEEWAY).timestamp():  # their clock may be ahead of ours
        raise InvalidToken("exp is too far ahead", PURPOSE, **skew(claims["exp"], now))
    if len(claims["jti"]) > MAX_JTI:
        raise InvalidToken("jti is too long", PURPOSE)
    return claims


def _audiences(client: Client, endpoint: str) -> tuple[str, ...]:
    """The issuer alone (S-055); for an app with the exception also the token endpoint and the one called."""
    if not client.lenient_assertions:
        return (conf().issuer,)
    return (conf().issuer, conf().url("/oauth2/token"), conf().url(endpoint))


def _use_up(claims: dict[str, Any], client: Client, now: datetime) -> None:
    """S-056: remembered for as long as `verify` would take it."""
    lasts = max(claims["exp"] - now.timestamp(), 0)
    if not first_use(
        PURPOSE, client.client_id, claims["jti"], expires_at=now + timedelta(seconds=lasts) + LEEWAY
    ):
        raise InvalidToken("jti was used before", PURPOSE)
