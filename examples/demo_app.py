"""A small app that lets people sign in with Signet: Django, Authlib, one file, and a page (demo_app.html).

Started twice by `make run`. By hand, for an app registered with the return address http://localhost:8001/callback:

    OIDC_ISSUER=http://localhost:8000 OIDC_CLIENT_ID=… OIDC_CLIENT_SECRET=… APP_NAME=Notes \\
        APP_URL=http://localhost:8001 gunicorn --chdir examples --threads 4 --bind 127.0.0.1:8001 demo_app
"""

import base64
import json
import logging
import os
import secrets
import time
from pathlib import Path
from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST
from joserfc.errors import JoseError
from requests import RequestException

NAME, HOME, ISSUER = os.environ["APP_NAME"], os.environ["APP_URL"], os.environ["OIDC_ISSUER"]

logging.basicConfig(level=logging.WARNING)
settings.configure(
    SECRET_KEY=os.environ.get("APP_SECRET_KEY") or secrets.token_urlsafe(48),
    ALLOWED_HOSTS=[urlsplit(HOME).hostname],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent]},
    ],
    # Tokens stay in this process; the browser gets a random number.
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    # Cookies are shared by all ports of a host, so each app names its own.
    SESSION_COOKIE_NAME=f"{NAME.lower()}_session",
    CSRF_COOKIE_NAME=f"{NAME.lower()}_csrf",
)

# --- Signing in with Signet: this is all that an app needs -----------------------------------------------

oauth = OAuth()
signet = oauth.register(
    "signet",
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_id=os.environ["OIDC_CLIENT_ID"],
    client_secret=os.environ["OIDC_CLIENT_SECRET"],
    client_kwargs={"scope": "openid profile email groups", "code_challenge_method": "S256"},
)


def sign_in(request: HttpRequest) -> HttpResponse:
    """Sends the person to Signet, with a fresh state, nonce and PKCE challenge."""
    return signet.authorize_redirect(request, f"{HOME}/callback")


def callback(request: HttpRequest) -> HttpResponse:
    """Swaps the code for tokens. Authlib checks the ID token: signature, issuer, audience, nonce, times."""
    if request.GET.get("iss") != ISSUER:  # RFC 9207: the code would go to a provider that did not send it
        return page(request, problem="This answer does not come from Signet.")
    try:
        token = signet.authorize_access_token(request)
    except OAuthError as error:
        return page(request, problem=error.description or error.error)
    except (JoseError, ValueError):
        return page(request, problem="The ID token is not good, so nobody was signed in.")
    request.session.cycle_key()
    request.session["token"] = dict(token)
    return redirect("/")


def whoever_is_here(request: HttpRequest) -> dict | None:
    """Asks Signet at each page: whoever signed out there, or at another app, is signed out here too."""
    token = request.session["token"]
    try:
        if token["expires_at"] < time.time() + 10 and "refresh_token" in token:
            fresh = signet.fetch_access_token(
                grant_type="refresh_token", refresh_token=token["refresh_token"]
            )
            request.session["token"] = token = {**token, **fresh}
        person = signet.userinfo(token=token)
    except (OAuthError, RequestException):
        person = {}
    if (
        person.get("sub") != token["userinfo"]["sub"]
    ):  # over, or about somebody else (OIDC Core section 5.3.2)
        request.session.flush()
        return None
    return person


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session here and at Signet, and with it at every app."""
    token = request.session.pop("token", None)
    if token is None:
        return redirect("/")
    return signet.logout_redirect(
        request, post_logout_redirect_uri=f"{HOME}/", id_token_hint=token["id_token"]
    )


# --- The app itself ---------------------------------------------------------------------------------------


def home(request: HttpRequest) -> HttpResponse:
    if "token" not in request.session:
        return page(request)
    person = whoever_is_here(request)
    if person is None:
        return page(request, problem="You signed out elsewhere, so this app has signed you out too.")
    header, payload, signature = request.session["token"]["id_token"].split(".")
    return page(
        request,
        person=person,
        parts={"header": header, "payload": payload, "signature": signature},
        header=readable(header),
        payload=readable(payload),
    )


def readable(part: str) -> str:
    """Anyone can read a token; only the key can make one."""
    return json.dumps(json.loads(base64.urlsafe_b64decode(part + "==")), indent=2, ensure_ascii=False)


def page(request: HttpRequest, **context: object) -> HttpResponse:
    facts = {
        "app": NAME,
        "colour": os.environ.get("APP_COLOUR", "#2f6f4f"),
        "issuer": ISSUER,
        "jwks_uri": signet.load_server_metadata()["jwks_uri"],
        "other": {"name": os.environ.get("OTHER_NAME"), "url": os.environ.get("OTHER_URL")},
    }
    response = render(request, "demo_app.html", {**facts, **context})
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"frame-ancestors 'none'; form-action 'self' {ISSUER}"
    )
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [
    path("", home),
    path("sign-in", sign_in),
    path("callback", callback),
    path("sign-out", sign_out),
]
application = get_wsgi_application()
