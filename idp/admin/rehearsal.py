"""A sign-in as an app that is never carried out: every hop by the code of the endpoints, and then all of it undone.

Nothing of it leaves the process: the answer is not sent to the app, the code is redeemed here, tokens are shown without
their signatures, and the grant behind them is rolled back, so none of them ever opened anything. Decision 47.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest

from accounts.middleware import Request
from accounts.models import Session
from idp.authorization import consent, issue
from idp.authorization.request import AuthorizationRequest, return_address, validate
from idp.authorization.steps import Facts, Step, next_step
from idp.conf import conf
from idp.endpoints.authorize import facts, wishes_of
from idp.endpoints.userinfo import userinfo
from idp.grants import authorization_code
from idp.models import Client
from idp.protocol import pkce
from idp.protocol.errors import OAuthError, UntrustedRequest
from idp.protocol.params import Params
from idp.tokens import issuance, protection
from keys.ring import ring
from keys.verification import InvalidToken, unproven, verify

STOPS = {
    Step.LOGIN: "Nobody is signed in: the person would sign in first.",
    Step.CREATE_ACCOUNT: "The person would make an account first.",
    Step.CHOOSE_ACCOUNT: "The person would choose an account first.",
    Step.REAUTHENTICATE: "Your sign-in is too old or too weak for this app: it would ask you to sign in again.",
    Step.STEP_UP: "This app wants a stronger sign-in: it would ask you for another factor.",
}
_OPENS = ("access_token", "id_token")


@dataclass(frozen=True)
class Hop:
    """One message, or what the server decided; a `problem` is where it ended."""

    title: str
    words: str = ""
    members: tuple[tuple[str, str], ...] = ()
    checks: tuple[str, ...] = ()
    problem: str = ""


def may_be_rehearsed(client: Client) -> str:
    """Why it can't, or ""."""
    if not client.enabled:
        return "This app is switched off: nobody can sign in with it."
    if "authorization_code" not in client.grant_types or not client.redirect_uris:
        return "This app signs nobody in by an authorization code."
    return ""


def rehearse(request: Request, client: Client, scope: str, *, now: datetime) -> list[Hop]:
    """The hops, as whoever is signed in; the database is afterwards as it was."""
    for answer in ("id_token", "userinfo"):  # fetches the app's keys before anything is held in the database
        with suppress(OAuthError):
            protection.check(client, answer, now=now)
    with transaction.atomic():
        hops = list(_hops(request, client, scope, now))
        transaction.set_rollback(True)
    return hops


def _hops(request: Request, client: Client, scope: str, now: datetime) -> Iterator[Hop]:
    session = request.sso
    assert session is not None  # noqa: S101  the admin is for those who are signed in
    verifier = secrets.token_urlsafe(48)
    sent = _request(client, scope, verifier)
    address = f"{conf().url('/oauth2/authorize')}?{urlencode(sent)}"
    yield Hop("Authorization request", "The browser would open this address of Signet:", (("GET", address),))
    try:
        asked = validate(Params(sent), return_address(Params(sent)), now=now)
        yield Hop("What Signet checks of it", checks=_accepted(asked))
        found = facts(session, asked, None)
        step = next_step(wishes_of(asked, now), replace(found, consented_now=True), now=now)
        yield _decision(step, found)
        if step is not Step.GRANT:
            return
        if not found.remembered:  # what is issued asks for it too; it goes with the rest
            consent.give(request, session.user, client, asked.scope, asked.beyond, now=now)
        yield from _granted(request, asked, session, verifier, now)
    except OAuthError as refusal:
        reason = "" if refusal.reason == refusal.description else f" ({refusal.reason})"
        yield Hop("Refused", problem=f"{refusal.code}: {refusal.description}{reason}")
    except UntrustedRequest as refusal:
        yield Hop("Refused on a page of Signet's", problem=f"{refusal.headline} ({refusal.reason})")


def _request(client: Client, scope: str, verifier: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uris[0],
        "scope": scope,
        "state": secrets.token_urlsafe(12),
        "nonce": secrets.token_urlsafe(12),
        "code_challenge": pkce.challenge_of(verifier),
        "code_challenge_method": "S256",
    }


def _accepted(asked: AuthorizationRequest) -> tuple[str, ...]:
    return (
        f"client_id is {asked.client.name}, which is switched on.",
        "redirect_uri is registered, letter by letter.",
        f"response_type code is one of the app's; the answer goes back by {asked.address.mode}.",
        f"Of the scopes asked for it may have: {' '.join(asked.scope) or 'none'}.",
        "code_challenge is there, with S256.",
    )


def _decision(step: Step, found: Facts) -> Hop:
    if step is not Step.GRANT:
        return Hop("What Signet decides", problem=STOPS[step])
    words = "You are signed in, and may use this app."
    if not found.remembered:
        words += " You would be asked for your consent now; the rehearsal goes on as if you had agreed."
    return Hop("What Signet decides", words)


def _granted(
    request: Request, asked: AuthorizationRequest, session: Session, verifier: str, now: datetime
) -> Iterator[Hop]:
    client, address = asked.client, asked.address
    answer = issue.answer(request, asked, session, now=now)
    told = {**answer, "state": address.state or "", "iss": conf().issuer}
    yield Hop(
        "Authorization response", f"The browser would be sent to {address.uri} with:", _members(_cut(told))
    )
    form = {
        "grant_type": authorization_code.NAME,
        "code": answer["code"],
        "redirect_uri": address.uri,
        "code_verifier": verifier,
    }
    how = "" if client.is_public else f", proving who it is by {client.token_endpoint_auth_method}"
    bound = " It would need a DPoP proof as well." if client.dpop_bound_access_tokens else ""
    yield Hop(
        "Token request",
        f"The app would post to {conf().url('/oauth2/token')}{how}:{bound}",
        _members(_cut(form)),
    )
    tokens = issuance.issue(authorization_code.redeem(Params(form), client, "", now), now=now)
    yield Hop("Token response", "Shown without signatures: they open nothing.", _members(_cut(tokens)))
    if "id_token" in tokens:
        yield _id_token(tokens["id_token"], asked, now)
        yield _userinfo(tokens["access_token"])


def _id_token(token: str, asked: AuthorizationRequest, now: datetime) -> Hop:
    title, client = "ID token", asked.client
    if token.count(".") != 2:
        return Hop(title, "It is encrypted to the app's key, so only the app can read it.")
    header, claims = unproven(token)
    if header.get("alg") == "HS256":
        return Hop(title, "Signed with the app's own secret, by which the app checks it.", _members(claims))
    try:
        verify(
            token, purpose="rehearsal", algorithms=[client.id_token_signed_response_alg],
            keys=ring(now).verification_keys, issuer=conf().issuer, audience=client.client_id, typ=("jwt", ""), now=now,
        )  # fmt: skip
    except InvalidToken as refusal:
        return Hop(title, members=_members(claims), problem=f"It does not verify: {refusal.reason}")
    checks = (
        f"Signature: right, {header['alg']} by the key {header['kid'][:8]} of the JWKS.",
        f"iss is {conf().issuer}, aud is the app, exp is ahead.",
        "nonce is the one of the request."
        if claims.get("nonce") == asked.nonce
        else "nonce is NOT the request's.",
    )
    return Hop(title, "What the app reads, and checks (OIDC Core section 3.1.3.7):", _members(claims), checks)


def _userinfo(access_token: str) -> Hop:
    """By the endpoint itself."""
    asking = HttpRequest()
    asking.method = "GET"
    asking.META["HTTP_AUTHORIZATION"] = f"Bearer {access_token}"
    answer = userinfo(asking)
    if answer.status_code != 200:
        return Hop("Userinfo", problem=f"{answer.status_code} {answer.headers.get('WWW-Authenticate', '')}")
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        return Hop("Userinfo", "GET with the access token gives:", _members(json.loads(answer.content)))
    return Hop("Userinfo", "It is a JWT, signed or encrypted as the app registered for.")


def _cut(members: dict[str, Any]) -> dict[str, Any]:
    """Nothing that opens anything, though by the time it is shown none of it does."""
    shown = dict(members)
    for name in set(shown) & {"code", "code_verifier", "refresh_token"}:
        shown[name] = f"{str(shown[name])[:6]}…"
    for name in set(shown) & set(_OPENS):
        shown[name] = f"{str(shown[name]).rpartition('.')[0]}.… (signature cut off)"
    return shown


def _members(members: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in members.items()
    )
