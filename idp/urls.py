"""Addresses of everything; the wire conventions of docs/architecture.md. None redirects to add a slash (S-007)."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.urls.resolvers import RoutePattern
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from idp import health
from idp.endpoints.apps import apps
from idp.endpoints.authorize import authorize, resume
from idp.endpoints.check_session import check_session
from idp.endpoints.consent import consent_page, select_account
from idp.endpoints.device import decided, device
from idp.endpoints.device_authorization import device_authorization
from idp.endpoints.discovery import discovery
from idp.endpoints.end_session import confirm, end_session
from idp.endpoints.introspection import introspect
from idp.endpoints.par import push
from idp.endpoints.protected_resource import protected_resource
from idp.endpoints.registration import manage, register
from idp.endpoints.revocation import revoke
from idp.endpoints.security_txt import security_txt
from idp.endpoints.signed_out import signed_out
from idp.endpoints.token import token
from idp.endpoints.userinfo import userinfo
from idp.scim.door import scim


class Unread(URLResolver):
    """Addresses in a namespace, whose module is imported when one of them is asked for or named.

    Django would read them with the first name of any other address.
    """

    def _populate(self) -> None:
        pass


def later(name: str) -> Callable[..., HttpResponse]:
    """A view of `idp.endpoints` that few ask for: its first request imports it."""
    path = f"idp.endpoints.{name}"

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = import_string(path)(request, *args, **kwargs)
        return answer

    view.loads = path  # type: ignore[attr-defined]  # for the test that all of them are there
    return view


urlpatterns: list[URLPattern | URLResolver] = [
    # What is looked up most comes first.
    path("oauth2/authorize", authorize, name="authorize"),
    path("oauth2/authorize/<str:request_id>", resume, name="resume"),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("", include("accounts.urls")),
    # For programs; idp.middleware.Programs answers them.
    path(".well-known/openid-configuration", discovery),
    path(".well-known/oauth-authorization-server", discovery),
    path(".well-known/security.txt", security_txt),
    path(".well-known/oauth-protected-resource", protected_resource),
    path(".well-known/oauth-protected-resource/oauth2/userinfo", protected_resource),
    path("oauth2/token", token, name="token"),
    path("oauth2/userinfo", userinfo, name="userinfo"),
    path("oauth2/introspect", introspect, name="introspect"),
    path("oauth2/revoke", revoke, name="revoke"),
    path("oauth2/par", push, name="par"),
    path("oauth2/register", register, name="register"),
    path("oauth2/register/<str:client_id>", manage, name="registration"),
    path("oauth2/device_authorization", device_authorization, name="device-authorization"),
    path("scim/v2", scim, name="scim"),
    path("scim/v2/", scim),
    path("scim/v2/<path:rest>", scim),
    # For people.
    path("oauth2/consent/<str:request_id>", consent_page, name="consent"),
    path("oauth2/select-account/<str:request_id>", select_account, name="select-account"),
    path("oauth2/check-session", check_session, name="check-session"),
    path("oauth2/logout", end_session, name="end-session"),
    path("oauth2/logout/confirm", confirm, name="end-session-confirm"),
    path("oauth2/logout/told/<str:token>", signed_out, name="signed-out-told"),
    path("login/with/<slug:slug>", later("upstream.start"), name="upstream"),
    # What it believes is bound to this browser by `state` and our own cookie.
    path(
        "login/with/<slug:slug>/callback", csrf_exempt(later("upstream.callback")), name="upstream-callback"
    ),
    path("login/first-time/<uuid:pk>", later("upstream_pages.first_time"), name="upstream-first-time"),
    path("account/security/link/<slug:slug>", later("upstream.link"), name="upstream-link"),
    path("account/security/connect/<uuid:pk>", later("upstream_pages.connect"), name="upstream-connect"),
    path("device", device, name="device"),
    path("device/allowed", decided, {"outcome": "allowed"}),
    path("device/denied", decided, {"outcome": "denied"}),
    path("account/apps", apps, name="account-apps"),
    path("developers", later("developers.developers"), name="developers"),
    path("docs/errors", later("error_docs.error_docs"), name="error-docs"),
    path("docs/errors/<slug:check>", later("error_docs.error_doc"), name="error-doc"),
    path("docs/apps", later("app_docs.app_docs"), name="app-docs"),
    path("docs/apps/<slug:slug>", later("app_docs.app_doc"), name="app-doc"),
    path("learn", later("developers.learn"), name="learn"),
    path("playground", later("playground.playground"), name="playground"),
    path("playground/callback", later("playground.playground"), name="playground-callback"),
    path("playground/quiz", later("playground.grade"), name="playground-quiz"),
    path("playground/jwt", later("inspector.inspector"), name="inspector"),
    path("playground/jwt/status", later("inspector.status"), name="inspector-status"),
    path("", RedirectView.as_view(url="/account/"), name="home"),
    path("", include("keys.urls")),
]
if settings.ADMIN_PATH:
    route = RoutePattern(f"{settings.ADMIN_PATH}/")
    urlpatterns.append(Unread(route, "idp.admin.urls", app_name="admin", namespace="admin"))

handler404 = "idp.endpoints.errors.not_found"
handler500 = "idp.endpoints.errors.server_error"
