"""What a refused request says of itself: which app, which parameters, which grant type. Nothing of it is proven.

Read again from the request, once it is refused, so that no request that succeeds carries it along.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from idp.clients import assertions
from idp.clients.authentication import read_basic
from idp.protocol.checks import GRANTS
from idp.protocol.errors import OAuthError
from idp.protocol.params import FORM, Params
from keys.verification import InvalidToken, unproven

MOST_NAMES = 40


@dataclass(frozen=True)
class Sender:
    client_id: str = ""
    parameters: tuple[str, ...] = ()
    grant_type: str = ""


def sender(request: HttpRequest) -> Sender:
    values = _values(request)
    grant_type = values.get("grant_type", "")
    return Sender(
        _client_id(request, values),
        tuple(sorted(values)[:MOST_NAMES]),
        grant_type if grant_type in GRANTS else "",
    )


def _values(request: HttpRequest) -> Mapping[str, str]:
    try:
        is_form = request.method == "POST" and request.content_type == FORM
        return (Params.from_form(request) if is_form else Params.from_query(request)).values
    except OAuthError:
        return {}


def _client_id(request: HttpRequest, values: Mapping[str, str]) -> str:
    scheme, _, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if values.get("client_id"):
        return values["client_id"]
    if scheme.lower() == "basic":
        return _user_of(request)
    if assertion := values.get("client_assertion"):
        return _said(assertion, "sub")
    if hint := values.get("id_token_hint"):
        return _said(hint, "aud")
    if scheme.lower() in ("bearer", "dpop"):
        return _said(credentials.strip(), "client_id")
    return ""


def _user_of(request: HttpRequest) -> str:
    try:
        return read_basic(request.META["HTTP_AUTHORIZATION"]).client_id
    except OAuthError:
        return ""


def _said(token: str, claim: str) -> str:
    try:
        return assertions.introduce(token)[1] if claim == "sub" else str(unproven(token)[1].get(claim, ""))
    except InvalidToken:
        return ""
