"""Addresses of everything; the wire conventions of docs/architecture.md. None redirects to add a slash (S-007)."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.urls.resolvers import RoutePattern
from django.views.generic import RedirectView

from idp import health
from idp.endpoints.app_docs import app_doc, app_docs
from idp.endpoints.apps import apps
from idp.endpoints.authorize import authorize, resume
from idp.endpoints.check_session import check_session
from idp.endpoints.consent import consent_page, select_account
from idp.endpoints.developers import developers, learn
from idp.endpoints.device import decided, device
from idp.endpoints.device_authorization import device_authorization
from idp.endpoints.discovery import discovery
from idp.endpoints.end_session import confirm, end_session
from idp.endpoints.error_docs import error_doc, error_docs
from idp.endpoints.inspector import inspector, status
from idp.endpoints.introspection import introspect
from idp.endpoints.par import push
from idp.endpoints.playground import grade, playground
from idp.endpoints.protected_resource import protected_resource
from idp.endpoints.registration import manage, register
from idp.endpoints.revocation import revoke
from idp.endpoints.security_txt import security_txt
from idp.endpoints.signed_out import signed_out
from idp.endpoints.token import token
from idp.endpoints.upstream import callback as upstream_callback
from idp.endpoints.upstream import link as upstream_link
from idp.endpoints.upstream import start as upstream_start
from idp.endpoints.upstream_pages import connect, first_time
from idp.endpoints.userinfo import userinfo
from idp.scim.door import scim


class Unread(URLResolver):
    """Addresses in a namespace, whose module is imported when one of them is asked for or named.

    Django would read them with the first name of any other address.
    """

    def _populate(self) -> None:
        pass


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
    path("login/with/<slug:slug>", upstream_start, name="upstream"),
    path("login/with/<slug:slug>/callback", upstream_callback, name="upstream-callback"),
    path("login/first-time/<uuid:pk>", first_time, name="upstream-first-time"),
    path("account/security/link/<slug:slug>", upstream_link, name="upstream-link"),
    path("account/security/connect/<uuid:pk>", connect, name="upstream-connect"),
    path("device", device, name="device"),
    path("device/allowed", decided, {"outcome": "allowed"}),
    path("device/denied", decided, {"outcome": "denied"}),
    path("account/apps", apps, name="account-apps"),
    path("developers", developers, name="developers"),
    path("docs/errors", error_docs, name="error-docs"),
    path("docs/errors/<slug:check>", error_doc, name="error-doc"),
    path("docs/apps", app_docs, name="app-docs"),
    path("docs/apps/<slug:slug>", app_doc, name="app-doc"),
    path("learn", learn, name="learn"),
    path("playground", playground, name="playground"),
    path("playground/callback", playground, name="playground-callback"),
    path("playground/quiz", grade, name="playground-quiz"),
    path("playground/jwt", inspector, name="inspector"),
    path("playground/jwt/status", status, name="inspector-status"),
    path("", RedirectView.as_view(url="/account/"), name="home"),
    path("", include("keys.urls")),
]
if settings.ADMIN_PATH:
    route = RoutePattern(f"{settings.ADMIN_PATH}/")
    urlpatterns.append(Unread(route, "idp.admin.urls", app_name="admin", namespace="admin"))

handler404 = "idp.endpoints.errors.not_found"
handler500 = "idp.endpoints.errors.server_error"
