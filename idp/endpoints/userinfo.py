"""GET and POST /oauth2/userinfo (OIDC Core section 5.3)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from idp import claims
from idp.conf import conf
from idp.endpoints.bearer import access_token
from idp.endpoints.responses import json_response, machine_endpoint
from idp.protocol.errors import InsufficientScope, InvalidBearer


@machine_endpoint("GET", "POST")
def userinfo(request: HttpRequest) -> HttpResponse:
    token = access_token(request, now=timezone.now())
    if conf().issuer not in token.claims["aud"]:
        raise InvalidBearer("The access token is meant for another API.")
    if token.grant is None or "openid" not in token.scope:
        raise InsufficientScope("Userinfo needs an access token of a person, with the scope openid.")
    user, client = token.grant.user, token.client
    return json_response(
        {
            "sub": claims.subject(user, client),
            **claims.of_scope(user, token.scope),
            **claims.requested(user, client, token.grant.claims.get("userinfo", {})),
        }
    )
