"""POST /oauth2/token (RFC 6749 section 3.2)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from idp.clients.authentication import authenticate
from idp.endpoints.responses import json_response, machine_endpoint
from idp.grants import grant_for
from idp.protocol.params import Params
from idp.tokens.issuance import issue


@machine_endpoint("POST")
def token(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    params = Params.from_form(request).check()
    client = authenticate(request, params, now=now)
    redeem = grant_for(params.required("grant_type"), client)
    authorization = redeem(params, client, now)
    return json_response(issue(authorization, now=now))
