"""The least that Django under gunicorn costs: one view, no middleware, 15 bytes."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b'{"hello":"you"}', content_type="application/json", headers={"Content-Length": "15"})


urlpatterns = [path("hello", hello)]
settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="bare", MIDDLEWARE=[], LOGGING_CONFIG=None
)
application = get_wsgi_application()
