"""Django admin behind our own login: the same session, throttle and audit as everywhere else.

Whoever writes has proved lately who they are (S-108).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone

from accounts import dashboard, kept_forms
from accounts import login as logins
from accounts.auditing import acting
from accounts.fresh import missing
from accounts.middleware import Request
from accounts.paths import safe_next
from accounts.views.going_on import SeeOther
from accounts.views.login import sign_out


@dataclass(frozen=True)
class Page:
    """A page that is of no model: `view` answers `(request, site)` at `/admin/<slug>/`, as `admin:<slug>`."""

    slug: str
    title: str
    view: Callable[[HttpRequest, AdminSite], HttpResponse]
    permissions: tuple[str, ...]  # all of them

    def open_to(self, user: Any) -> bool:
        return bool(user.has_perms(self.permissions))


PAGES: list[Page] = []  # the room above appends its own

# The lists of the index and the sidebar, by the names of their models; those of no section stand last.
WATCH = "What happened"
SECTIONS: dict[str, tuple[str, ...]] = {
    "People": ("User", "Group", "Invitation", "Session"),
    "Apps": ("Client", "Api", "Grant", "Consent"),
    WATCH: ("AuditEvent", "Trace", "LogoutNotice"),
    "Rules": ("GroupPolicy", "Terms", "Attribute", "ClaimMapping", "Upstream"),
    "Keys and tokens": ("SigningKey", "RegistrationToken", "ScimToken"),
}


class Site(AdminSite):
    site_header = "Signet"
    site_title = "Signet"
    index_title = "Admin"

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        context = {**(extra_context or {}), **dashboard.of(acting(request), timezone.now())}
        return super().index(request, context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """By what they are about, not under the name of the Django app that they come from."""
        sections: list[Any] = super().get_app_list(request, app_label)
        if app_label is not None:
            return sections
        found = {model["object_name"]: model for section in sections for model in section["models"]}
        listed = {name for names in SECTIONS.values() for name in names}
        rows = {title: [found[name] for name in names if name in found] for title, names in SECTIONS.items()}
        rows["Other"] = [model for name, model in found.items() if name not in listed]
        rows[WATCH] += self._tools(request)
        return [_section(title, models) for title, models in rows.items() if models]

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

    def get_urls(self) -> list[URLResolver | URLPattern]:
        own = [path(f"{page.slug}/", self.admin_view(self._mounted(page)), name=page.slug) for page in PAGES]
        going_on = path("continue/<str:name>/", self.admin_view(self.go_on), name="continue")
        return [*own, going_on, *super().get_urls()]

    def _mounted(self, page: Page) -> Callable[[HttpRequest], HttpResponse]:
        def view(request: HttpRequest) -> HttpResponse:
            if not page.open_to(request.user):
                raise PermissionDenied
            return page.view(request, self)

        return view

    def _tools(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Pages of no model, in the form that the list's template reads."""
        return [
            {"name": page.title, "object_name": page.slug, "admin_url": reverse(f"admin:{page.slug}")}
            | {"view_only": True, "add_url": None, "perms": {}}
            for page in PAGES
            if page.open_to(request.user)
        ]


def _section(title: str, models: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": title, "app_label": title.split()[0].lower(), "app_url": "", "models": models}
