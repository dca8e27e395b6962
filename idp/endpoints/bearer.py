"""The access token of a request: in the header, or in a form body, in one place only; proven where it is bound.

RFC 6750 section 2, RFC 9449 section 7 (S-059, S-061).
"""

from datetime import datetime

from django.http import HttpRequest

from idp.protocol.errors import InvalidBearer, InvalidDpopProof, InvalidRequest, MissingBearer
from idp.protocol.params import FORM, Params
from idp.tokens import access, dpop
from idp.tokens.access import AccessToken

BEARER, DPOP = "bearer", "dpop"


def access_token(request: HttpRequest, *, now: datetime) -> AccessToken:
    """The living token, by the scheme that is its own. Raises what `error_response` makes a challenge of."""
    scheme, value = credentials(request)
    token = access.read(value, now=now)
    if scheme == DPOP:
        _check_proof(request, value, token, now=now)
    elif token.jkt:
        raise InvalidBearer(
            "The access token is bound to a key: send it as DPoP, with a proof.",
            check="access-token-binding",
            expected=DPOP,
            received=scheme,
        )
    return token


def _check_proof(request: HttpRequest, value: str, token: AccessToken, *, now: datetime) -> None:
    if not token.jkt:
        raise InvalidBearer(
            "The access token is bound to no key: send it as Bearer.",
            check="access-token-binding",
            expected=BEARER,
            received=DPOP,
        )
    proof = dpop.presented(request, token.client, access_token=value, now=now)
    if proof is None:
        raise InvalidDpopProof("The DPoP header is missing.", check="dpop-sent")
    if proof.jkt != token.jkt:
        raise InvalidBearer(
            "The access token is bound to another key.",
            check="key-binding",
            key_expected=token.jkt,
            key_proven=proof.jkt,
        )


def bearer(request: HttpRequest) -> str:
    """A bearer token that is no access token. Raises as `credentials` does."""
    scheme, value = credentials(request)
    if scheme != BEARER:
        raise MissingBearer(reason="no bearer token")
    return value


def credentials(request: HttpRequest) -> tuple[str, str]:
    """(scheme, token). Raises MissingBearer where there is none, InvalidRequest for two, or for one in the query."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    in_form = None
    if request.method == "POST" and request.content_type == FORM:
        in_form = Params.from_form(request).check().get("access_token")
    if "access_token" in Params.from_query(request).values:
        raise InvalidRequest(
            "Send the access token in the Authorization header, never in the address.",
            check="access-token-place",
        )
    scheme, _, in_header = header.partition(" ")
    if header and in_form is not None:
        raise InvalidRequest("Send the access token once.", check="access-token-place")
    if scheme.lower() in (BEARER, DPOP) and in_header.strip():
        return scheme.lower(), str(in_header.strip())
    if in_form is not None:
        return BEARER, in_form
    raise MissingBearer(reason="no access token")
