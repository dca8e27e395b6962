"""The way in to /scim/v2: the rest of this package is loaded when the first request comes, for it loads pydantic."""

from django.http import HttpRequest, HttpResponse


def scim(request: HttpRequest, rest: str = "") -> HttpResponse:
    from idp.scim.service import answer

    return answer(request, rest)


scim.csrf_exempt = True  # type: ignore[attr-defined]  # its callers hold tokens, no cookies
