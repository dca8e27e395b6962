"""/.well-known/security.txt: whom to tell of a weakness (RFC 9116), where IDP_SECURITY_CONTACT names somebody."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from idp.conf import conf

FRESH = timedelta(
    days=30
)  # section 2.5.5: less than a year, so that a server that was forgotten does not mislead


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    if not settings.SECURITY_CONTACT:
        raise Http404
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {timezone.now() + FRESH:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {conf().url(request.path)}",
    )
    return HttpResponse("\n".join((*lines, "")), content_type="text/plain; charset=utf-8")
