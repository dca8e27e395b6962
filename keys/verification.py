"""verify: the one place where a JWT from outside becomes claims (RFC 7515, 7519; best practice RFC 8725).

Nothing else of the project decodes a JWT; `tests/keys/test_one_verify_function.py` holds that.
"""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from joserfc import jws
from joserfc.jwk import Key, KeySet

MAX_TOKEN = 64 * 1024
LEEWAY = timedelta(seconds=30)
_LATEST = 10**12  # what is further away than that is no clock that is wrong

# HS… verifies with an `oct` key and no other (client_secret_jwt); a public key is never taken for a secret.
SUPPORTED = frozenset(
    [f"{family}{bits}" for family in ("RS", "PS", "ES", "HS") for bits in (256, 384, 512)]
    + ["EdDSA", "Ed25519"]
)


class InvalidToken(Exception):
    """The token proves nothing. `reason` is for our log and holds nothing of the token.

    `seen` is what somebody who looks for the cause needs: names out of the header, whose token it says to be and for
    whom, seconds. Strangers may have written it, and it holds neither signature nor other claims.
    """

    def __init__(self, reason: str, purpose: str = "", **seen: Any) -> None:
        super().__init__(f"{purpose}: {reason}")
        self.reason, self.purpose, self.seen = reason, purpose, seen


class KeySource(Protocol):
    """Keys by kid: `ring.RingKeys`, or whoever fetches those of a client."""

    def find(self, kid: str) -> Key | None: ...


def verify(
    token: str | bytes,
    *,
    purpose: str,
    algorithms: Collection[str],
    keys: KeySet | KeySource,
    issuer: str | None,
    audience: str | Collection[str] | None,
    typ: str | Collection[str],
    now: datetime,
    leeway: timedelta = LEEWAY,
    required: Iterable[str] = (),
    check_expiry: bool = True,
    must_expire: bool = True,
) -> dict[str, Any]:
    """The claims of a JWT that is signed, current, from `issuer` and for one of `audience`; or raises `InvalidToken`.

    `issuer` or `audience` None says that the caller looks at that claim itself. `typ` names what the header may
    say; an empty string among several allows it to be absent. A token without `exp` is refused unless `must_expire`
    is off, for those whose age the caller limits by their `iat`.
    """
    header: Mapping[str, Any] = {}
    try:
        jwt = _parsed(token)
        header = jwt.protected
        algorithm = _checked_header(header, _several(algorithms), _several(typ))
        key = _found_key(keys, header.get("kid"), algorithm)
        _check_signature(jwt, key, algorithm)
        claims = _claims(jwt.payload)
        _check_present(claims, (*(("exp",) if must_expire else ()), *required))
        _check_parties(claims, issuer, None if audience is None else _several(audience))
        _check_times(claims, now.timestamp(), leeway.total_seconds(), check_expiry)
    except InvalidToken as refusal:
        named = {name: header[name] for name in ("alg", "kid", "typ") if name in header}
        seen = {**named, "alg_allowed": sorted(_several(algorithms)), **refusal.seen}
        raise InvalidToken(refusal.reason, purpose, **seen) from None
    return claims


def unproven(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as they say of themselves: to learn whose keys to try, and never more. Or `InvalidToken`."""
    jwt = _parsed(token)
    return jwt.protected, _claims(jwt.payload)


def _parsed(token: str | bytes) -> jws.CompactSignature:
    """Only the compact serialisation (S-057), and no parser's exception gets past here (S-050a)."""
    if len(token) > MAX_TOKEN:
        raise InvalidToken("too long")
    try:
        raw = token.encode("ascii") if isinstance(token, str) else token
        jwt = jws.extract_compact(raw, registry=_registry("RS256"))
    except Exception as error:
        raise _unreadable(error) from None
    if not isinstance(jwt.protected, dict):
        raise InvalidToken("the header is no object")
    return jwt


def _checked_header(header: Mapping[str, Any], algorithms: Collection[str], typ: Collection[str]) -> str:
    """The allowed algorithm. Keys named inside the token (jwk, jku, x5u, x5c) are never looked at (S-052)."""
    if "crit" in header or "b64" in header:  # S-053: we know no extension
        raise InvalidToken("critical extensions")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in SUPPORTED:
        raise InvalidToken("alg is not allowed")
    named = header.get("typ", "")
    if not isinstance(named, str) or _media_type(named) not in {_media_type(name) for name in typ}:
        raise InvalidToken("wrong typ", expected=sorted(typ))
    return algorithm


def _media_type(typ: str) -> str:
    """RFC 7515 section 4.1.9: case does not count, and `application/` may be left out."""
    return typ.lower().removeprefix("application/")


def _found_key(keys: KeySet | KeySource, kid: object, algorithm: str) -> Key:
    if kid is not None and not isinstance(kid, str):
        raise InvalidToken("kid is no string")
    key = _from_set(keys, kid, algorithm) if isinstance(keys, KeySet) else keys.find(kid or "")
    if key is None:
        raise InvalidToken("unknown key")
    return key


def _check_signature(jwt: jws.CompactSignature, key: Key, algorithm: str) -> None:
    """That the key is one for this algorithm is checked in here too (S-051)."""
    try:
        genuine = jws.validate_compact(jwt, key, registry=_registry(algorithm))
    except Exception as error:
        raise _unreadable(error) from None
    if not genuine:
        raise InvalidToken("bad signature")


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = _decoder.decode(payload.decode("utf-8"))
        if b"\\u" in payload:
            _check_storable(claims)
    except Exception as error:
        raise _unreadable(error) from None
    if not isinstance(claims, dict):
        raise InvalidToken("the claims are no object")
    return claims


def _check_present(claims: Mapping[str, Any], required: Iterable[str]) -> None:
    for name in required:
        if claims.get(name) in (None, ""):
            raise InvalidToken(f"{name} is missing")
    for name in ("iss", "sub", "jti"):
        if name in claims and not isinstance(claims[name], str):
            raise InvalidToken(f"{name} is no string")


def _check_parties(claims: Mapping[str, Any], issuer: str | None, audience: Collection[str] | None) -> None:
    if issuer is not None and claims.get("iss") != issuer:
        raise InvalidToken("wrong iss", expected=issuer, received=claims.get("iss"))
    if audience is None:
        return
    named = claims.get("aud")
    named = [named] if isinstance(named, str) else named
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise InvalidToken("aud is neither a string nor a list of them")
    if not set(named) & set(audience):
        raise InvalidToken("wrong aud", expected=sorted(audience), received=named)


def _check_times(claims: Mapping[str, Any], now: float, leeway: float, check_expiry: bool) -> None:
    """Numbers may be of any size, so they are compared, and reckoned with by `_skew` only (S-054)."""
    for name in ("exp", "nbf", "iat"):
        if name in claims and not is_number(claims[name]):
            raise InvalidToken(f"{name} is no number")
    if check_expiry and "exp" in claims and claims["exp"] <= now - leeway:
        raise InvalidToken("expired", **_skew(claims["exp"], now))
    for name in ("nbf", "iat"):
        if name in claims and claims[name] > now + leeway:
            raise InvalidToken(f"{name} is in the future", **_skew(claims[name], now))


def skew(moment: float, now: datetime) -> dict[str, Any]:
    """How far `moment`, a number of any size out of a token, is from now: for `InvalidToken.seen`."""
    return _skew(moment, now.timestamp())


def _skew(moment: float, now: float) -> dict[str, Any]:
    if abs(moment) > _LATEST:
        return {}
    return {"seconds_late" if moment <= now else "seconds_early": abs(round(now - moment))}


def _unreadable(error: Exception) -> InvalidToken:
    return InvalidToken(f"unreadable ({type(error).__name__})")


class _Registry(jws.JWSRegistry):
    """joserfc's limits widened to ours, and without its warnings, which come on every call for EdDSA."""

    max_header_length = 16 * 1024  # DPoP proofs carry a whole RSA key (S-059)
    max_payload_length = MAX_TOKEN
    max_signature_length = 2048

    def get_alg(self, name: str) -> Any:
        return (
            self.algorithms[name]
            if name in SUPPORTED and name in (self.allowed or ())
            else super().get_alg(name)
        )


@lru_cache(maxsize=len(SUPPORTED))
def _registry(algorithm: str) -> jws.JWSRegistry:
    # Headers that we don't know are ignored, as RFC 7515 section 4 wants it.
    return _Registry(algorithms=[algorithm], strict_check_header=False)


def _from_set(keys: KeySet, kid: str | None, algorithm: str) -> Key | None:
    """By kid; without one only where no choice is left (OIDC Core section 10.1)."""
    fitting = [key for key in keys if key.get("alg") in (None, algorithm) and (kid is None or key.kid == kid)]
    return fitting[0] if len(fitting) == 1 or (fitting and kid is not None) else None


def _several(value: str | Collection[str]) -> Collection[str]:
    return (value,) if isinstance(value, str) else value


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(text: str) -> float:
    """For NaN, Infinity and 1e999, which Python reads and JSON does not have."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number without end")
    return number


def _check_storable(claims: object) -> None:
    """Escapes can spell what no database takes and no answer can carry: half a surrogate pair, or NUL."""
    text = json.dumps(claims, ensure_ascii=False)
    text.encode("utf-8")
    if "\\u0000" in text:
        raise ValueError("NUL")


_decoder = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)
