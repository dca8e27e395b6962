"""A Django site as a user of mozilla-django-oidc writes it: the documented settings, one page, and a WSGI application.

`python mozilla_site.py migrate` makes its tables; `python mozilla_site.py token` reads ID tokens, one a line,
and says for each whether the library's own backend takes it. SITE_SETTINGS is a file with what
docs/apps/mozilla-django-oidc.md prints.
"""

import os
import runpy
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

settings.configure(
    SECRET_KEY="the site's own",
    DEBUG=True,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    LOGIN_REDIRECT_URL="/",
    LOGIN_REDIRECT_URL_FAILURE="/failed",
    **{name: value for name, value in runpy.run_path(os.environ["SITE_SETTINGS"]).items() if name.isupper()},
    OIDC_STORE_ID_TOKEN=True,
)


def home(request: HttpRequest) -> JsonResponse:
    who = request.user.email if request.user.is_authenticated else None
    return JsonResponse({"email": who, "id_token": request.session.get("oidc_id_token")})


urlpatterns = [path("", home), path("oidc/", include("mozilla_django_oidc.urls"))]
application = get_wsgi_application()


def judge_tokens() -> None:
    from mozilla_django_oidc.auth import OIDCAuthenticationBackend

    settings.OIDC_USE_NONCE = False  # the token comes without the session that knew its nonce
    backend = OIDCAuthenticationBackend()
    for line in sys.stdin:
        try:
            backend.verify_token(line.strip().encode())
        except Exception as error:
            print("refused:", type(error).__name__, flush=True)
        else:
            print("taken", flush=True)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1:] == ["token"]:
        judge_tokens()
    else:
        execute_from_command_line(sys.argv)
