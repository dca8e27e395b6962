"""Request objects: the whole authorization request as a JWT that the app signs (RFC 9101, OIDC Core section 6.1).

Only what is inside counts. One that nobody signed is refused, unless an admin lets the app send such, and so is one
that is not for us or not for now.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from idp import outbound
from idp.clients.assertions import spelled
from idp.clients.bounds import Recent, Share
from idp.clients.remote_keys import KeysOf
from idp.conf import conf
from idp.models import Client
from idp.models.client_keys import SIGNING
from idp.protocol.errors import (
    InvalidRequestObject,
    InvalidRequestUri,
    RequestNotSupported,
    RequestUriNotSupported,
)
from idp.protocol.params import RESOURCES, Params, is_plain
from keys.verification import InvalidToken, is_number, skew, unproven, verify

PURPOSE = "request object"
LONGEST = timedelta(minutes=60)
MOST_FETCHES = 60  # a minute, an app and a process
_shares: Recent[Share] = Recent()
_TYPES = ("", "JWT", "oauth-authz-req+jwt")
_ABOUT_ITSELF = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
_NEVER_INSIDE = ("request", "request_uri")  # RFC 9101 section 4
_OBJECTS = ("claims",)  # OIDC Core section 6.1: JSON inside, and not a string of it


def read(signed: str, client: Client, outside: Params, *, now: datetime) -> Params:
    """The parameters inside. Raises InvalidRequestObject, or RequestNotSupported where nobody has a key."""
    try:
        unsigned = client.takes_unsigned and _is_unsigned(signed)
        claims = _unsigned(signed, client, now) if unsigned else _verified(signed, client, now)
    except InvalidToken as error:
        raise _refusal(signed, client, error) from error
    _check_agreement(claims, client, outside)
    return Params({name: _text(name, value) for name, value in claims.items() if name not in _ABOUT_ITSELF})


def fetch(request_uri: str, client: Client, outside: Params, *, now: datetime) -> Params:
    """The parameters inside the one at a registered address (OIDC Core section 6.2). Raises OAuthError."""
    if request_uri not in client.request_uris:
        raise RequestUriNotSupported(
            "request_uri has to be one of a pushed request, or registered.",
            expected=client.request_uris,
            received=request_uri,
        )
    if not _shares.get((client.client_id, ""), lambda: Share(MOST_FETCHES)).take(now):
        raise InvalidRequestUri(
            "Too many requests of this app were fetched just now. Try again in a minute.",
            check="request-uri-fetched",
            most_in_a_minute=MOST_FETCHES,
        )
    try:
        answer = outbound.fetch_for_strangers(request_uri)
        signed = answer.body.decode("ascii").strip()
    except (outbound.Unreachable, UnicodeDecodeError) as error:
        raise InvalidRequestUri(
            "Nothing could be fetched from request_uri.",
            reason=f"not fetched: {error}" if isinstance(error, outbound.Unreachable) else "not ASCII",
            check="request-uri-fetched",
        ) from error
    if answer.status != 200:
        raise InvalidRequestUri(
            "Nothing could be fetched from request_uri.",
            reason=f"status {answer.status}",
            check="request-uri-fetched",
        )
    return read(signed, client, outside, now=now)


def forget() -> None:
    """For tests: as if the process had just begun."""
    global _shares
    _shares = Recent()


def _verified(signed: str, client: Client, now: datetime) -> dict[str, Any]:
    chosen = client.request_object_signing_alg
    claims = verify(
        signed,
        purpose=PURPOSE,
        algorithms=spelled((chosen,) if chosen else SIGNING),
        keys=KeysOf(client, now),
        issuer=client.client_id,
        audience=conf().issuer,
        typ=_TYPES,
        now=now,
        required=("iss", "aud", *(("nbf",) if client.require_signed_request_object else ())),
        must_expire=not client.lenient_request_objects,
    )
    _check_claims(claims, now)
    return claims


def _unsigned(signed: str, client: Client, now: datetime) -> dict[str, Any]:
    """OIDC Core section 6.1: worth what plain parameters are, so what it says of itself only has to fit."""
    _, claims = unproven(signed)
    if not signed.endswith("."):
        raise InvalidToken("a signature where alg is none", PURPOSE)
    named = claims.get("aud", conf().issuer)
    if claims.get("iss", client.client_id) != client.client_id:
        raise InvalidToken("wrong iss", PURPOSE, expected=client.client_id, received=claims.get("iss"))
    if conf().issuer not in (named if isinstance(named, list) else [named]):
        raise InvalidToken("wrong aud", PURPOSE, expected=conf().issuer, received=named)
    if not all(is_number(claims[name]) for name in ("exp", "nbf") if name in claims):
        raise InvalidToken("exp or nbf is no number", PURPOSE)
    if claims.get("exp", now.timestamp()) < now.timestamp():
        raise InvalidToken("expired", PURPOSE, **skew(claims["exp"], now))
    _check_claims(claims, now)
    return claims


def _check_claims(claims: dict[str, Any], now: datetime) -> None:
    """What a request object says of itself; `exp` is there unless the app may leave it out."""
    if "exp" in claims and claims["exp"] > (now + LONGEST).timestamp():
        raise InvalidToken("exp is more than an hour ahead", PURPOSE, **skew(claims["exp"], now))
    if "nbf" in claims and claims["nbf"] < (now - LONGEST).timestamp():
        raise InvalidToken("nbf is more than an hour ago", PURPOSE, **skew(claims["nbf"], now))
    if "sub" in claims:  # RFC 9101 section 10.8: so that no client assertion is a request, nor the other way
        raise InvalidToken("sub has no place in a request", PURPOSE)


def _refusal(signed: str, client: Client, error: InvalidToken) -> InvalidRequestObject | RequestNotSupported:
    """Who has not agreed on signing hears that unsigned requests are not for here (OIDC Core section 6.1)."""
    agreed = (
        client.require_signed_request_object
        or client.request_object_signing_alg
        or client.lenient_request_objects
    )
    if not agreed and (not client.has_keys or _is_unsigned(signed)):
        return RequestNotSupported(
            "Request objects have to be signed by a key that the app has registered.",
            reason=str(error),
            **error.seen,
        )
    return InvalidRequestObject(
        "The request object is not signed by a key of this app, not current, or not for us.",
        reason=str(error),
        **error.seen,
    )


def _is_unsigned(signed: str) -> bool:
    try:
        return unproven(signed)[0].get("alg") == "none"
    except InvalidToken:
        return False


def _check_agreement(claims: dict[str, Any], client: Client, outside: Params) -> None:
    """RFC 9101 sections 4 and 5, OIDC Core section 6.1."""
    if any(name in claims for name in _NEVER_INSIDE):
        raise InvalidRequestObject(
            "A request object can't hold or point to another one.", check="request-object-contents"
        )
    if claims.get("client_id") != client.client_id:
        raise InvalidRequestObject(
            "client_id has to stand in the request object, and be the same outside.",
            check="request-object-contents",
            expected=client.client_id,
            received=claims.get("client_id"),
        )
    if outside.get("response_type") not in (None, claims.get("response_type")):
        raise InvalidRequestObject(
            "response_type is not the same inside and outside of the request object.",
            check="request-object-contents",
            outside=outside.get("response_type"),
            inside=claims.get("response_type"),
        )


def _text(name: str, value: object) -> str:
    """As the parameter would stand in a query. Raises InvalidRequestObject."""
    if name in _OBJECTS and isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    if name in RESOURCES and isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = " ".join(value)  # as Params keeps what is repeated
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not is_plain(value) or not is_plain(name):
        raise InvalidRequestObject(
            "The request object holds a value that no parameter can have.",
            check="request-object-contents",
            parameter=name,
        )
    return value
