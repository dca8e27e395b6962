"""/oauth2/check-session: the frame that tells an app's page whether who is signed in here has changed.

OpenID Connect Session Management 1.0 section 3.2. Off by default, and then not there. It is the one page of ours that
others may frame, and only apps may (S-081): that of the Referer is named, so that it tells nobody which there are.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from idp.clients import origins
from idp.conf import conf
from idp.protocol.redirects import browser_origin


@require_safe
def check_session(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: it is the same for everybody, and looks nobody up."""
    if not conf().session_management:
        raise Http404
    response = HttpResponse(
        render_to_string("idp/check_session.html", {"cookie": settings.BROWSER_STATE_COOKIE_NAME})
    )
    response.frame_ancestors = _framed_by(request)  # type: ignore[attr-defined]
    patch_vary_headers(response, ["Referer"])
    return response


def _framed_by(request: HttpRequest) -> list[str]:
    """The origin of the page that loads the frame, if it is an app's."""
    try:
        parts = urlsplit(request.META.get("HTTP_REFERER", ""))
        origin = browser_origin(parts.geturl()) if parts.scheme in ("http", "https") else ""
    except ValueError:
        return []
    return [origin] if origin and origins.is_known(origin) else []
