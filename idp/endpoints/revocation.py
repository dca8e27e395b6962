"""POST /oauth2/revoke (RFC 7009): a refresh token takes its whole grant with it, an access token only itself."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit
from idp.clients.authentication import authenticate
from idp.endpoints.responses import json_response, machine_endpoint
from idp.models import Client
from idp.protocol.errors import OAuthError
from idp.protocol.params import Params
from idp.tokens import access, liveness, refresh


@machine_endpoint("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """200 for every token that is dead afterwards, also one that never was (RFC 7009 section 2.2)."""
    now = timezone.now()
    params = Params.from_form(request).check()
    client = authenticate(request, params, now=now)
    token = params.required("token")
    try:
        if token.count(".") == 2 and token.startswith("eyJ"):
            _revoke_access_token(token, client, now)
        else:
            _revoke_grant(request, token, client, now)
    except OAuthError:
        pass  # not alive, or not this client's: in both cases nothing of the caller's lives on
    return json_response({})


def _revoke_access_token(token: str, client: Client, now: datetime) -> None:
    found = access.read(token, now=now)
    if found.claims["client_id"] == client.client_id:
        access.revoke(found)


def _revoke_grant(request: HttpRequest, token: str, client: Client, now: datetime) -> None:
    grant = refresh.find(refresh.read(token), client, now=now)
    if liveness.revoke(grant, reason="revoked by the app", now=now):
        audit.record(
            "grant.revoked", request=request, actor=f"client:{client.client_id}", subject=grant.user,
            client_id=client.client_id,
        )  # fmt: skip
