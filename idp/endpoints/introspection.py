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
from idp.protocol.errors import InvalidClient, OAuthError
from idp.protocol.params import Params
from idp.tokens import access, refresh, signed_answers

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
    answer = _describe(params.required("token"), client, now) or {"active": False}
    if request.get_preferred_type([_JSON, signed_answers.INTROSPECTION]) != signed_answers.INTROSPECTION:
        return json_response(answer)
    return jwt_response(signed_answers.introspection(answer, client, now=now), signed_answers.INTROSPECTION)


def _describe(token: str, client: Client, now: datetime) -> dict[str, Any] | None:
    """What the caller may know of `token`; None says inactive, whatever the cause."""
    try:
        if token.count(".") == 2 and token.startswith("eyJ"):
            return _access_token(token, client, now)
        return _refresh_token(token, client, now)
    except OAuthError:
        return None


def _access_token(token: str, client: Client, now: datetime) -> dict[str, Any] | None:
    found = access.read(token, now=now)
    if client.client_id != found.claims["client_id"] and client.client_id not in found.claims["aud"]:
        return None
    shown = {name: found.claims[name] for name in _SHOWN if name in found.claims}
    # An API hears of a person as the token's app does; a name that is the same everywhere would undo pairwise subjects.
    named = found.grant is not None and not found.client.is_pairwise
    username = {"username": found.grant.user.username} if found.grant and named else {}
    return {"active": True, "token_type": "DPoP" if found.jkt else "Bearer", **shown, **username}


def _refresh_token(token: str, client: Client, now: datetime) -> dict[str, Any] | None:
    presented = refresh.read(token)
    grant = refresh.find(presented, client, now=now)
    if presented.generation != grant.generation:
        return None
    return {
        "active": True,
        "iss": conf().issuer,
        "sub": claims.subject(grant.user, client),
        "client_id": client.client_id,
        "scope": grant.scope,
        "exp": int(grant.expires_at.timestamp()),
    }
