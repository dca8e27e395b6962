"""POST /oauth2/introspect (RFC 7662): for the app itself and a token's audiences; others learn nothing (S-062).

Who asks for `application/token-introspection+jwt` gets the same as a signed JWT (RFC 9701).
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from idp import claims
from idp.clients.authentication import authenticate
from idp.conf import conf
from idp.endpoints.responses import json_response, jwt_response, machine_endpoint
from idp.models import Client
from idp.protocol.errors import InvalidBearer, InvalidClient, InvalidGrant, OAuthError
from idp.protocol.params import Params
from idp.tokens import access, refresh, signed_answers
from idp.traces.leaving import leave

_JSON = "application/json"
_SHOWN = ("iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "auth_time", "acr", "cnf")


@machine_endpoint("POST", cors=False)
def introspect(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    params = Params.from_form(request).check()
    client = authenticate(request, params, now=now)
    if client.is_public:
        raise InvalidClient(
            "Introspection needs a client that can authenticate.",
            check="introspection-app",
            method_registered="none",
        )
    token = params.required("token")
    try:
        answer = _describe(token, client, now)
    except OAuthError as refusal:  # whatever the cause, and only its trace tells
        leave(request, refusal, "introspect", client_id=client.client_id)
        answer = {"active": False}
    if request.get_preferred_type([_JSON, signed_answers.INTROSPECTION]) != signed_answers.INTROSPECTION:
        return json_response(answer)
    return jwt_response(signed_answers.introspection(answer, client, now=now), signed_answers.INTROSPECTION)


def _describe(token: str, client: Client, now: datetime) -> dict[str, Any]:
    """What the caller may know of `token`. Raises OAuthError for one that is not active, as far as it is concerned."""
    if token.count(".") == 2 and token.startswith("eyJ"):
        return _access_token(token, client, now)
    return _refresh_token(token, client, now)


def _access_token(token: str, client: Client, now: datetime) -> dict[str, Any]:
    found = access.read(token, now=now)
    if client.client_id != found.claims["client_id"] and client.client_id not in found.claims["aud"]:
        raise InvalidBearer(
            "The token is of another app, and for another.",
            check="introspection-audience",
            expected=client.client_id,
            received=found.claims["aud"],
        )
    shown = {name: found.claims[name] for name in _SHOWN if name in found.claims}
    # An API hears of a person as the token's app does; a name that is the same everywhere would undo pairwise subjects.
    named = found.grant is not None and not found.client.is_pairwise
    username = {"username": found.grant.user.username} if found.grant and named else {}
    return {"active": True, "token_type": "DPoP" if found.jkt else "Bearer", **shown, **username}


def _refresh_token(token: str, client: Client, now: datetime) -> dict[str, Any]:
    presented = refresh.read(token)
    grant = refresh.find(presented, client, now=now)
    if presented.generation != grant.generation:
        raise InvalidGrant(
            "The refresh token was rotated.",
            check="refresh-token-once",
            state="refresh token rotated before",
            rotations_behind=grant.generation - presented.generation,
        )
    ends = grant.refresh_ends(client) or grant.expires_at
    return {
        "active": True,
        "iss": conf().issuer,
        "sub": claims.subject(grant.user, client),
        "client_id": client.client_id,
        "scope": grant.scope,
        "exp": int(ends.timestamp()),
    }
