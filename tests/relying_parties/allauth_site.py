"""A Django site as a user of django-allauth writes it: the documented settings, one page, and a WSGI application.

`python allauth_site.py migrate` makes its tables. SITE_SETTINGS is a file with settings that a page of docs/apps
prints, SITE_APPS what has to be installed for them.
"""

import os
import runpy
import sys

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
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        *os.environ["SITE_APPS"].split(","),
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    LOGIN_REDIRECT_URL="/",
    **{name: value for name, value in runpy.run_path(os.environ["SITE_SETTINGS"]).items() if name.isupper()},
)

application = get_wsgi_application()  # before the URLs: allauth's want the apps loaded


def home(request: HttpRequest) -> JsonResponse:
    if not request.user.is_authenticated:
        return JsonResponse({})
    [address] = request.user.emailaddress_set.all()
    [account] = request.user.socialaccount_set.all()
    return JsonResponse(
        {
            "username": request.user.username,
            "email": address.email,
            "verified": address.verified,
            "sub": account.uid,
        }
    )


urlpatterns = [path("", home), path("accounts/", include("allauth.urls"))]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
