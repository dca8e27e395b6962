"""POST /oauth2/par: an app pushes an authorization request, and sends the person with its address only (RFC 9126)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.origin import origin
from idp.authorization import keeping, pushed, source
from idp.authorization.request import return_address, validate
from idp.clients.authentication import authenticate
from idp.endpoints.responses import json_response, machine_endpoint
from idp.models.pushed_request import LIFETIME
from idp.protocol.errors import InvalidRequest, TooManyAttempts, UntrustedRequest
from idp.protocol.params import RESOURCES, Params
from idp.tokens import dpop


@machine_endpoint("POST")
def push(request: HttpRequest) -> HttpResponse:
    """Checked as the authorization endpoint would, before any person is sent there (RFC 9126 section 2.1)."""
    now = timezone.now()
    sent = Params.from_form(request).check(repeatable=RESOURCES)
    client = authenticate(request, sent, now=now)
    proof = dpop.presented(request, client, now=now)
    params = source.bound(source.resolve_pushed(sent, client, now=now), proof.jkt if proof else "")
    try:
        address = return_address(params)
    except UntrustedRequest as refusal:
        raise InvalidRequest(
            refusal.headline, reason=refusal.reason, check=refusal.check, **refusal.facts
        ) from refusal
    validate(params, address, now=now)
    # A public app proves nothing, so anybody may push in its name.
    if client.is_public and (wait := keeping.wait(origin(request).address, now)):
        raise TooManyAttempts(wait, check="rate")
    request_uri = pushed.save(params, client, now=now)
    response = json_response(
        {"request_uri": request_uri, "expires_in": int(LIFETIME.total_seconds())}, status=201
    )
    if proof and proof.next_nonce:
        response["DPoP-Nonce"] = proof.next_nonce
    return response
