"""/scim/v2: from the request to one operation, and from its reply to the response (RFC 7644)."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from scim2_models import InvalidValueException, NotFoundException, NotImplementedException

from idp.clients.json_values import read_object
from idp.endpoints.responses import error_response
from idp.protocol.errors import OAuthError
from idp.scim import bulk, caller, discovery, listing, refusals, resources
from idp.scim.calls import Call, Reply
from idp.scim.columns import storable
from idp.scim.resources import KINDS, Kind
from idp.scim.schemas import PROVIDER

MEDIA_TYPE = "application/scim+json"
_WITH_BODY = ("POST", "PUT", "PATCH")
Act = Callable[[Call], Reply]


def answer(request: HttpRequest, rest: str) -> HttpResponse:
    with PROVIDER:
        try:
            reply = perform(_call(request, rest))
        except refusals.EXPECTED as error:
            return _refused(error)
    return _response(reply)


def perform(call: Call) -> Reply:
    """Also for the operations of a bulk request."""
    methods = _methods(call.path)
    act = methods.get("GET" if call.method == "HEAD" else call.method)
    return act(call) if act else refusals.not_allowed(*methods)


def _call(request: HttpRequest, rest: str) -> Call:
    now = timezone.now()
    who = caller.identify(request, now=now)
    method, path = request.method or "", tuple(part for part in rest.split("/") if part)
    document = {}
    if method in _WITH_BODY and method in _methods(path):  # otherwise 405, whatever came along
        document = read_object(request.body, limit=discovery.largest_payload())
        if not _is_storable(document):
            raise InvalidValueException(detail="A text holds characters that are not allowed.")
    return Call(
        method=method,
        path=path,
        caller=who,
        request=request,
        now=now,
        query={name: value for name, value in request.GET.items() if isinstance(value, str)},
        document=document,
        if_match=request.META.get("HTTP_IF_MATCH", ""),
        if_none_match=request.META.get("HTTP_IF_NONE_MATCH", ""),
    )


def _is_storable(value: object) -> bool:
    """Every text of the document, for any may be kept (S-015)."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return all(_is_storable(name) and _is_storable(child) for name, child in value.items())
    return all(map(_is_storable, value)) if isinstance(value, list) else True


def _methods(path: tuple[str, ...]) -> dict[str, Act]:
    """What can be done at an address. Raises NotFoundException where there is none."""
    match path:
        case () | (".search",):
            return {"POST" if path else "GET": listing.of_all}
        case ("Me", *_):
            return dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), _me)
        case ("Bulk",):
            return {"POST": lambda call: bulk.run(call, perform)}
        case (endpoint, *rest) if endpoint in KINDS:
            return _of_kind(KINDS[endpoint], rest)
        case (name, *rest) if name in discovery.ENDPOINTS and len(rest) < 2:
            return {"GET": lambda call: discovery.ENDPOINTS[name](call, *rest)}
    raise NotFoundException(detail="There is nothing at this address.")


def _of_kind(kind: Kind, rest: list[str]) -> dict[str, Act]:
    match rest:
        case []:
            return {
                "GET": lambda call: listing.of_kind(kind, call),
                "POST": lambda call: resources.create(kind, call),
            }
        case [".search"]:
            return {"POST": lambda call: listing.of_kind(kind, call)}
        case [pk]:
            return {
                "GET": lambda call: resources.show(kind, call, pk),
                "PUT": lambda call: resources.replace(kind, call, pk),
                "PATCH": lambda call: resources.patch(kind, call, pk),
                "DELETE": lambda call: resources.delete(kind, call, pk),
            }
    raise NotFoundException(detail="There is nothing at this address.")


def _me(call: Call) -> Reply:
    """RFC 7644 section 3.11: a provisioning client is no person, so there is nobody that /Me could stand for."""
    raise NotImplementedException(detail="A provisioning client is none of the people here.")


def _response(reply: Reply) -> HttpResponse:
    body = b"" if reply.body is None else json.dumps(reply.body, separators=(",", ":")).encode()
    response = HttpResponse(body, status=reply.status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    if reply.location and reply.status in (200, 201):
        response["Location"] = reply.location
    if reply.version:
        response["ETag"] = reply.version
    if reply.allow:
        response["Allow"] = ", ".join(reply.allow)
    return response


def _refused(error: Exception) -> HttpResponse:
    response = _response(refusals.reply(error))
    if isinstance(error, OAuthError):
        told: Any = error_response(error, with_dpop_token=False)
        for name in ("WWW-Authenticate", "DPoP-Nonce"):
            if name in told:
                response[name] = told[name]
    return response
