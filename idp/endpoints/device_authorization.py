"""POST /oauth2/device_authorization (RFC 8628 sections 3.1 and 3.2): a device without a browser asks to be let in."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.origin import origin
from accounts.throttling import Limit, Throttle
from idp.clients.authentication import authenticate
from idp.conf import conf
from idp.endpoints.responses import json_response, machine_endpoint
from idp.models import Client
from idp.protocol import scopes
from idp.protocol.errors import TooManyAttempts, UnauthorizedClient
from idp.protocol.params import Params
from idp.tokens import devices

# A public app proves nothing, so anybody may ask in its name; each question is a row of ours for a while.
_throttle = Throttle("device authorization", Limit(free=60, step=1, longest=60, leak=1))


@machine_endpoint("POST")
def device_authorization(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    params = Params.from_form(request).check()
    client = authenticate(request, params, now=now)
    if Client.GrantType.DEVICE not in client.grant_types:
        raise UnauthorizedClient(
            "This app may not use the device grant.",
            expected=Client.GrantType.DEVICE.value,
            received=client.grant_types,
        )
    scope = scopes.read(params.get("scope"), allowed=tuple(client.scopes))
    if wait := _throttle.of_block(origin(request).address, now):
        raise TooManyAttempts(wait, check="rate")
    return json_response(_answer(devices.ask(client, scope, origin(request), now=now)))


def _answer(asked: devices.Asked) -> dict[str, object]:
    page, waiting = conf().url("/device"), asked.authorization
    return {
        "device_code": asked.device_code,
        "user_code": asked.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={asked.user_code}",
        "expires_in": int((waiting.expires_at - waiting.created_at).total_seconds()),
        "interval": waiting.interval,
    }
