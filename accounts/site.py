"""Django admin behind our own login: the same session, throttle and audit as everywhere else.

Whoever writes has proved lately who they are (S-108).
"""

from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from accounts import kept_forms
from accounts import login as logins
from accounts.fresh import missing
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

    def get_urls(self) -> list[Any]:
        return [
            path("continue/<str:name>/", self.admin_view(self.go_on), name="continue"),
            *super().get_urls(),
        ]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Outside of this stand Django's own checks: of the CSRF token, and of who may come in at all."""

        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            is_looking = request.method in ("GET", "HEAD", "OPTIONS")
            # Signing out takes no proof; wrapped as Django wraps it, it has only its name left.
            needs_proof = not is_looking and getattr(view, "__name__", "") != "logout"
            asking = self._asks_first(request) if needs_proof else None
            answer: HttpResponse = asking or view(request, *args, **kwargs)
            return answer

        return super().admin_view(guarded, cacheable)

    def _asks_first(self, request: Request) -> HttpResponse | None:
        """Of a session that is not fresh: the form is kept, and sent once that is mended."""
        session = request.sso
        if session is None or not missing(request, ""):
            return None
        name = kept_forms.keep(request, session, now=timezone.now())
        return SeeOther(missing(request, reverse("admin:continue", args=[name])))

    def go_on(self, request: Request, name: str) -> HttpResponse:
        """After the proof: what was filled in, to be sent by one press."""
        if asking := missing(request, request.path):
            return SeeOther(asking)
        kept = kept_forms.find(name, request.sso, now=timezone.now()) if request.sso else None
        if kept is None:
            messages.error(request, "What you filled in was kept for a quarter of an hour, and is gone.")
            return SeeOther(reverse("admin:index"))
        context = {**self.each_context(request), "title": "Send it now?", "kept": kept}
        return TemplateResponse(request, "admin/continue.html", context)

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
