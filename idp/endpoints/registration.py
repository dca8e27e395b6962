"""POST /oauth2/register (RFC 7591 section 3), and GET, PUT, DELETE below it for what was registered (RFC 7592).

Closed by default; with a registration token, or open (S-120). Errors are those of RFC 7591 section 3.2.2.
"""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import audit
from accounts.origin import origin
from accounts.throttling import Limit, Throttle
from idp.clients import metadata, registration, registration_tokens, sectors
from idp.clients.registration import Registered
from idp.clients.sectors import SectorDocument
from idp.conf import conf
from idp.endpoints.bearer import bearer
from idp.endpoints.responses import json_response, machine_endpoint
from idp.models import Client, RegistrationToken
from idp.protocol.errors import InvalidClientMetadata, RegistrationClosed, TooManyAttempts

# Ten at once from one block of addresses, then ten an hour.
_throttle = Throttle("registration", Limit(free=10, step=60, longest=3600, leak=1 / 360))


@machine_endpoint("POST")
def register(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    token = _admitted(request, now)
    document = _document(request)
    sector = sectors.look(document.get("sector_identifier_uri"))
    with transaction.atomic():
        if token is not None:
            registration_tokens.spend(token, now=now)
        whole = token is not None and token.openid_connect
        registered = registration.register(document, sector=sector, openid_connect=whole, now=now)
        audit.record(
            "client.registered", request=request, actor="anonymous", client_id=registered.client.client_id,
            name=registered.client.name, by=str(token or "open registration"),
        )  # fmt: skip
    return json_response(_response(registered), status=201)


@machine_endpoint("GET", "PUT", "DELETE")
def manage(request: HttpRequest, client_id: str) -> HttpResponse:
    now, management_token = timezone.now(), bearer(request)
    document, sector = _change(request, client_id, management_token)
    with transaction.atomic():
        client = registration.find(client_id, management_token, hold=request.method != "GET")
        if request.method == "DELETE":
            return _delete(request, client)
        if request.method == "GET":
            return json_response(_response(Registered(client, management_token)))
        secret = registration.update(client, document, sector=sector, now=now)
        _record(request, "client.updated", client)
    return json_response(_response(Registered(client, management_token, secret)))


def _change(
    request: HttpRequest, client_id: str, management_token: str
) -> tuple[dict[str, object], SectorDocument | None]:
    """What a PUT says, and the sector document that it names: fetched for the app itself only."""
    if request.method != "PUT":
        return {}, None
    registration.find(client_id, management_token)
    document = _document(request)
    return document, sectors.look(document.get("sector_identifier_uri"))


def _admitted(request: HttpRequest, now: datetime) -> RegistrationToken | None:
    """By which token the app may be registered; None where everybody may."""
    if settings.REGISTRATION == "closed":
        raise RegistrationClosed("Apps are registered by an admin here.")
    if settings.REGISTRATION == "token" or "HTTP_AUTHORIZATION" in request.META:
        return registration_tokens.find(bearer(request), now=now)
    if wait := _throttle.of_block(origin(request).address, now):
        raise TooManyAttempts(wait, check="rate")
    return None


def _document(request: HttpRequest) -> dict[str, object]:
    if request.content_type != "application/json":
        raise InvalidClientMetadata(
            "The content type has to be application/json.",
            check="content-type",
            expected="application/json",
            received=request.content_type or "",
        )
    try:
        return metadata.parse(request.body)
    except RequestDataTooBig as error:  # over DATA_UPLOAD_MAX_MEMORY_SIZE
        raise InvalidClientMetadata("The document is too large.") from error


def _response(registered: Registered) -> dict[str, object]:
    """RFC 7591 section 3.2.1 and RFC 7592 section 3."""
    client = registered.client
    return {
        **metadata.as_response(client, registered.secret),
        "registration_client_uri": conf().url(f"/oauth2/register/{client.client_id}"),
        "registration_access_token": registered.management_token,
    }


def _delete(request: HttpRequest, client: Client) -> HttpResponse:
    client.delete()
    _record(request, "client.unregistered", client)
    response = HttpResponse(status=204)
    response["Cache-Control"] = "no-store"
    return response


def _record(request: HttpRequest, event: str, client: Client) -> None:
    audit.record(
        event,
        request=request,
        actor=f"client:{client.client_id}",
        client_id=client.client_id,
        name=client.name,
    )
