"""POST /oauth2/token (RFC 6749 section 3.2, RFC 9449 section 5)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from idp.clients.authentication import authenticate
from idp.endpoints.responses import json_response, machine_endpoint
from idp.grants import grant_for
from idp.protocol.errors import InvalidDpopProof
from idp.protocol.params import RESOURCES, Params
from idp.tokens import dpop
from idp.tokens.issuance import issue


@machine_endpoint("POST")
def token(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    params = Params.from_form(request).check(repeatable=RESOURCES)
    client = authenticate(request, params, now=now)
    redeem = grant_for(params.required("grant_type"), client)
    proof = dpop.presented(request, client, now=now)
    if proof is None and client.dpop_bound_access_tokens:
        raise InvalidDpopProof(
            "This app gets no token without a proof in the DPoP header.", check="dpop-sent"
        )
    jkt = proof.jkt if proof else ""
    response = json_response(issue(redeem(params, client, jkt, now), jkt=jkt, now=now))
    if proof and proof.next_nonce:
        response["DPoP-Nonce"] = proof.next_nonce
    return response
