"""Client authentication: exactly one method a request, and the registered one (RFC 6749 section 2.3; S-040, S-041).

A new method is a row of METHODS; those by a signed JWT are in `assertions`.
"""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest

from accounts.origin import origin
from accounts.throttling import Throttle
from idp.clients import assertions, registry
from idp.models import Client, ClientSecret
from idp.protocol import secrets
from idp.protocol.errors import InvalidClient, OAuthError, TooManyAttempts
from idp.protocol.params import Params, is_plain
from keys.verification import InvalidToken

SECRET = "client secret"  # noqa: S105  the purpose of a digest, not a secret
PROOFS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})  # parameters that prove
_DUMMY = "0" * 64
_throttle = Throttle(SECRET)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credentials:
    """What the request offered, before anything of it is believed."""

    method: str
    client_id: str
    secret: str = ""
    endpoint: str = ""


def read_credentials(request: HttpRequest, params: Params) -> Credentials:
    """Raises InvalidClient when there are none, or more than one kind."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    client_id, secret = params.get("client_id"), params.get("client_secret")
    if params.get("client_assertion") or params.get("client_assertion_type"):
        if header or secret is not None:
            raise InvalidClient(
                "Send one proof of who the client is: an assertion or a secret.", check="credentials"
            )
        return _read_assertion(request, params)
    if header:
        credentials = read_basic(header)
        if secret is not None or client_id not in (None, credentials.client_id):
            raise InvalidClient(
                "Send the client's credentials once: in the Authorization header or in the form.",
                check="credentials",
            )
        return credentials
    if client_id is None:
        raise InvalidClient(
            "The client does not say who it is: send client_id, or HTTP Basic credentials.",
            check="credentials",
        )
    if secret is not None:
        return Credentials("client_secret_post", client_id, secret)
    return Credentials("none", client_id)


def read_basic(header: str) -> Credentials:
    """RFC 6749 section 2.3.1: both halves are form-urlencoded before they are joined and encoded."""
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        if not colon or not client_id:
            raise ValueError
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
        if not all(map(is_plain, pair)):
            raise ValueError
    except (ValueError, binascii.Error) as error:
        raise InvalidClient(
            "The Authorization header is not readable HTTP Basic.", check="credentials"
        ) from error
    return Credentials("client_secret_basic", *pair)


def _read_assertion(request: HttpRequest, params: Params) -> Credentials:
    """RFC 7521 section 4.2: client_id may be left out, and has to be the assertion's subject if it is not."""
    if params.get("client_assertion_type") != assertions.TYPE:
        raise InvalidClient(
            f"client_assertion_type has to be {assertions.TYPE}.",
            check="credentials",
            expected=assertions.TYPE,
            received=params.get("client_assertion_type"),
        )
    assertion = params.get("client_assertion") or ""
    try:
        method, subject = assertions.introduce(assertion)
    except InvalidToken as error:
        raise InvalidClient(
            "client_assertion is no signed JWT.", reason=str(error), check="credentials"
        ) from error
    if not is_plain(subject) or params.get("client_id") not in (None, subject):
        raise InvalidClient(
            "client_id is not the subject of the client assertion.",
            check="credentials",
            client_id=params.get("client_id"),
            sub=subject,
        )
    return Credentials(method, subject, assertion, request.path)


Doubts = Mapping[str, Any]  # what speaks against a proof, for the trace; None where nothing does


def _with_secret(client: Client | None, credentials: Credentials, now: datetime) -> Doubts | None:
    """Whether one of the client's live secrets was offered; as slow for a client that does not exist (S-041)."""
    live = [secret for secret in client.known_secrets if secret.is_live(now)] if client else []
    found = [secret for secret in live if secrets.matches(credentials.secret, secret.digest, SECRET)]
    for _ in range(ClientSecret.MAX_LIVE - len(live)):
        secrets.matches(credentials.secret, _DUMMY, SECRET)
    for secret in found:
        if renewed := secrets.renewed(credentials.secret, secret.digest, SECRET):
            ClientSecret.objects.filter(pk=secret.pk).update(digest=renewed)
            secret.client.touch()
    return None if found else {"fault": "the secret is none of the app's", "live_secrets": len(live)}


def _without_secret(client: Client | None, credentials: Credentials, now: datetime) -> Doubts | None:
    return None if client else {}


Proof = Callable[[Client | None, Credentials, datetime], Doubts | None]


def _with_assertion(check: Callable[[Client, str, str, datetime], None]) -> Proof:
    def prove(client: Client | None, credentials: Credentials, now: datetime) -> Doubts | None:
        if client is None or client.token_endpoint_auth_method != credentials.method:
            return {}  # nor is its jti used up
        try:
            check(client, credentials.secret, credentials.endpoint, now)
        except InvalidToken as error:
            log.info("client assertion refused: %s", error)
            return {"fault": error.reason, **error.seen}
        return None

    return prove


METHODS: dict[str, Proof] = {
    "client_secret_basic": _with_secret,
    "client_secret_post": _with_secret,
    "private_key_jwt": _with_assertion(assertions.prove_by_key),
    "client_secret_jwt": _with_assertion(assertions.prove_by_secret),
    "none": _without_secret,
}


def authenticate(request: HttpRequest, params: Params, *, now: datetime) -> Client:
    """The client that proved itself. Raises InvalidClient, or TooManyAttempts after many failures."""
    credentials = read_credentials(request, params)
    client = registry.find(credentials.client_id)
    doubts = METHODS[credentials.method](client, credentials, now)
    if client is not None and doubts is None and client.token_endpoint_auth_method == credentials.method:
        return client
    raise _refusal(request, credentials, client, doubts, now)


def _refusal(
    request: HttpRequest,
    credentials: Credentials,
    client: Client | None,
    doubts: Doubts | None,
    now: datetime,
) -> OAuthError:
    facts = {"method_used": credentials.method, **(doubts or {})}
    if client is None:
        facts |= {
            "fault": "no app has this client_id, or it was switched off",
            "client_id": credentials.client_id,
        }
    else:
        facts |= {"method_registered": client.token_endpoint_auth_method}
    if client is not None and doubts is None and credentials.method != "none":
        # Its own secret by another door: no guess, and the developer should hear which door is right.
        return InvalidClient(
            f"This client is registered for {client.token_endpoint_auth_method}, "
            f"but the request used {credentials.method}.",
            check="authentication-method",
            **facts,
        )
    address = origin(request).address
    _throttle.failed(credentials.client_id, address, now)
    if wait := _throttle.check(credentials.client_id, address, now):
        return TooManyAttempts(wait)
    reason = "unknown or disabled client" if client is None else f"{credentials.method} failed"
    return InvalidClient(
        "Unknown client, or its authentication failed.", reason=reason, check="authentication", **facts
    )
