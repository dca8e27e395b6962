"""The page of the doctor: what `manage.py doctor` says, with links to where it is mended."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.site import PAGES, Page


@require_safe
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """With `?outside` the issuer's address is fetched too, as an app would: that takes a moment, so it is asked for."""
    from idp.diagnosis import Asked, examine

    fetched = "outside" in request.GET
    examined = examine(Asked(timezone.now(), url=settings.ISSUER if fetched else ""))
    found = [finding for each in examined for finding in each.findings]
    return TemplateResponse(
        request,
        "admin/doctor.html",
        {
            **site.each_context(request),
            "title": "Doctor",
            "examined": examined,
            "errors": sum(finding.level == "error" for finding in found),
            "warnings": sum(finding.level == "warning" for finding in found),
            "fetched": fetched,
            "issuer": settings.ISSUER,
        },
    )


def register() -> None:
    """For who may see both apps and keys: viewers and owners."""
    PAGES.append(Page("doctor", "Doctor", page, ("idp.view_client", "keys.view_signingkey")))
