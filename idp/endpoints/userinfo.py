"""GET and POST /oauth2/userinfo (OIDC Core section 5.3): JSON, or a JWT for apps that registered for it.

Where an admin wants it, only for a sign-in that is strong and fresh enough (RFC 9470).
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from idp import claims
from idp.conf import conf
from idp.endpoints.bearer import access_token
from idp.endpoints.responses import json_response, jwt_response, machine_endpoint
from idp.models import Client, Grant
from idp.models.api import own_identifiers
from idp.protocol import levels
from idp.protocol.errors import InsufficientScope, InsufficientUserAuthentication, InvalidBearer
from idp.tokens import signed_answers


@machine_endpoint("GET", "POST", resource_metadata="/.well-known/oauth-protected-resource/oauth2/userinfo")
def userinfo(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    token = access_token(request, now=now)
    if not set(own_identifiers()) & set(token.claims["aud"]):
        raise InvalidBearer(
            "The access token is meant for another API.",
            check="access-token-audience",
            expected=own_identifiers(),
            received=token.claims["aud"],
        )
    if token.grant is None or "openid" not in token.scope:
        raise InsufficientScope(
            "Userinfo needs an access token of a person, with the scope openid.",
            expected="openid",
            received=token.scope,
            of_a_person=token.grant is not None,
        )
    client = token.client
    _check_sign_in(token.grant, client, now=now)
    found = claims.userinfo(token.grant.user, client, token.scope, token.grant.claims.get("userinfo", {}))
    if client.userinfo_signed_response_alg or client.userinfo_encrypted_response_alg:
        return jwt_response(signed_answers.userinfo(found, client, now=now), signed_answers.USERINFO)
    return json_response(found)


def _check_sign_in(grant: Grant, client: Client, *, now: datetime) -> None:
    """That it is as strong and as fresh as this app's admin wants it for userinfo (RFC 9470)."""
    wanted, max_age = tuple(client.userinfo_acr_values), client.userinfo_max_age
    age, ladder = now - grant.auth_time, conf().acr_ladder
    if not levels.is_enough(grant.amr, age, acr_values=wanted, max_age=max_age, ladder=ladder):
        raise InsufficientUserAuthentication(
            wanted,
            max_age,
            level_expected=wanted,
            level_reached=levels.reached(grant.amr, ladder),
            seconds_since_sign_in=int(age.total_seconds()),
            seconds_allowed=max_age,
        )
