"""The access token of a request: in the header, or in a form body, in one place only (RFC 6750 section 2; S-061)."""

from django.http import HttpRequest

from idp.protocol.errors import InvalidRequest, MissingBearer
from idp.protocol.params import FORM, Params


def bearer(request: HttpRequest) -> str:
    """Raises MissingBearer when there is none, InvalidRequest when it is sent twice or in the query."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    in_form = None
    if request.method == "POST" and request.content_type == FORM:
        in_form = Params.from_form(request).check().get("access_token")
    if "access_token" in Params.from_query(request).values:
        raise InvalidRequest("Send the access token in the Authorization header, never in the address.")
    scheme, _, in_header = header.partition(" ")
    if header and in_form is not None:
        raise InvalidRequest("Send the access token once.")
    if scheme.lower() == "bearer" and in_header.strip():
        return str(in_header.strip())
    if in_form is not None:
        return in_form
    raise MissingBearer(reason="no access token")
