"""Django admin behind our own login: the same session, throttle and audit as everywhere else."""

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts import login as logins
from accounts.middleware import Request
from accounts.paths import safe_next
from accounts.views.going_on import SeeOther
from accounts.views.login import sign_out


class Site(AdminSite):
    site_header = "Signet"
    site_title = "Signet"
    index_title = "Admin"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Groups stand with people, not under the name of the Django app that they come from."""
        sections: list[Any] = super().get_app_list(request, app_label)
        by_label = {section["app_label"]: section for section in sections}
        if "auth" not in by_label or "accounts" not in by_label:
            return sections
        by_label["accounts"]["models"] += by_label["auth"]["models"]
        by_label["accounts"]["models"].sort(key=lambda model: model["name"])
        return [section for section in sections if section["app_label"] != "auth"]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Leads to /login; who is signed in and still may not come in is told so, not sent in circles."""
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied("This is for admins.")
            return HttpResponseRedirect(reverse("admin:index"))
        return HttpResponseRedirect(logins.url(safe_next(request.GET.get("next"), reverse("admin:index"))))

    def logout(self, request: Request, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        if request.method != "POST":
            return HttpResponseRedirect(reverse("accounts:logout"))
        return SeeOther(sign_out(request, now=timezone.now()))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return HttpResponseRedirect(reverse("accounts:password"))
