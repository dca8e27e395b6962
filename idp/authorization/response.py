"""Authorization responses: to a proven address, in the mode asked for, always with `iss` (RFC 9207; S-016 to S-019).

OAuth 2.0 Multiple Response Types (query, fragment), OAuth 2.0 Form Post Response Mode, and each of them as JARM.
"""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.shortcuts import render

from accounts import speaking
from accounts.middleware import Request
from idp.authorization import jarm, session_state
from idp.authorization.request import ReturnAddress
from idp.conf import conf
from idp.protocol.response_types import SIGNED

Respond = Callable[[Request, ReturnAddress, dict[str, str]], HttpResponse]


def see_other(location: str) -> HttpResponse:
    """303: whatever the method was, the browser goes on by GET (S-019). For an app's own scheme too."""
    response = HttpResponse(status=303)
    response["Location"] = location
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _query(request: Request, address: ReturnAddress, params: dict[str, str]) -> HttpResponse:
    return see_other(f"{address.uri}{'&' if '?' in address.uri else '?'}{_encoded(params)}")


def _fragment(request: Request, address: ReturnAddress, params: dict[str, str]) -> HttpResponse:
    return see_other(f"{address.uri}#{_encoded(params)}")


def _form_post(request: Request, address: ReturnAddress, params: dict[str, str]) -> HttpResponse:
    speaking.speak(request)
    response = render(request, "idp/form_post.html", {"address": address, "params": params})
    response.form_action = [address.origin]  # type: ignore[attr-defined]
    response["Cache-Control"] = "no-store"
    return response


def _encoded(params: dict[str, str]) -> str:
    return urlencode(params, quote_via=quote, safe="")


MODES: dict[str, Respond] = {"query": _query, "fragment": _fragment, "form_post": _form_post}


def respond(
    request: Request, address: ReturnAddress, params: dict[str, str], *, now: datetime
) -> HttpResponse:
    """`params` to the app, with its `state` as it came and our `iss`."""
    full = {
        **params,
        **({"state": address.state} if address.state is not None else {}),
        **session_state.param(request, address),
        "iss": conf().issuer,
    }
    mode = address.mode.removesuffix(SIGNED)
    if mode != address.mode:
        full = {"response": jarm.signed(address.client, full, now=now)}
    return MODES[mode](request, address, full)
