"""The tabs of an app's page: which there are, who may open each, and the page around what a tab's view answers.

A new tab is a view `(request, client) -> HttpResponse` in a module of its own and a row in TABS. Its TemplateResponse
extends admin/idp/client/tab.html; the bar, the breadcrumbs and the title are put around it here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from idp.admin import connect, grade, preview, refusals, sessions, trial
from idp.models import Client

View = Callable[[HttpRequest, Client], HttpResponse]
VIEW_CLIENT = "idp.view_client"  # without it there is no page to have tabs


@dataclass(frozen=True)
class Tab:
    """Mounted at `<client>/<slug>/` as `admin:idp_client_<slug>`, for who has `permission` and may see the app."""

    slug: str
    title: str
    permission: str
    view: View

    def open_to(self, user: Any) -> bool:
        return bool(user.has_perm(VIEW_CLIENT) and user.has_perm(self.permission))

    @property
    def url_name(self) -> str:
        return f"idp_client_{self.slug}"


# In the order of the bar, after the settings, which are Django's change form:
# connect, preview, refusals, sessions, try, grade.
TABS = (
    Tab("connect", "Connect", VIEW_CLIENT, connect.page),
    Tab("preview", "Preview", VIEW_CLIENT, preview.page),
    Tab("refusals", "Refusals", refusals.VIEW, refusals.page),
    Tab("sessions", "Sessions", "idp.view_grant", sessions.page),
    Tab("try", "Try it", "idp.change_client", trial.page),
    Tab("grade", "Grade", VIEW_CLIENT, grade.page),
)


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    current: bool


def bar(user: Any, client: Client, current: str = "") -> list[Link]:
    """What `user` may open of `client`; `current` is a tab's slug, "" for the settings."""
    settings = Link("Settings", reverse("admin:idp_client_change", args=[client.pk]), not current)
    links = [
        Link(tab.title, reverse(f"admin:{tab.url_name}", args=[client.pk]), tab.slug == current)
        for tab in TABS
        if tab.open_to(user)
    ]
    return [settings, *links]


def urls(site: AdminSite) -> list[URLPattern]:
    return [
        path(f"<int:pk>/{tab.slug}/", site.admin_view(_mounted(tab, site)), name=tab.url_name) for tab in TABS
    ]


def _mounted(tab: Tab, site: AdminSite) -> Callable[[HttpRequest, int], HttpResponse]:
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        if not tab.open_to(request.user):
            raise PermissionDenied
        client = get_object_or_404(Client, pk=pk)
        response = tab.view(request, client)
        if isinstance(response, TemplateResponse):
            around = {**site.each_context(request), **_around(tab, request, client)}
            response.context_data = {**around, **(response.context_data or {})}
        return response

    return view


def _around(tab: Tab, request: HttpRequest, client: Client) -> dict[str, Any]:
    return {
        "opts": Client._meta,
        "client": client,
        "title": tab.title,
        "subtitle": client.name,
        "tabs": bar(request.user, client, tab.slug),
    }
