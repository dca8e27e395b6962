"""The way in to /scim/v2: the rest of this package is loaded when the first request comes, for it loads pydantic."""

from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string


def scim(request: HttpRequest, rest: str = "") -> HttpResponse:
    answer = import_string("idp.scim.service.answer")
    response: HttpResponse = answer(request, rest)
    return response


scim.csrf_exempt = True  # type: ignore[attr-defined]  # its callers hold tokens, no cookies
