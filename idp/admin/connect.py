"""The tab "connect": what an app has to be told to reach this provider."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from idp.conf import conf
from idp.models import Client


@require_safe
def page(request: HttpRequest, client: Client) -> HttpResponse:
    context = {"issuer": conf().issuer, "discovery": conf().url("/.well-known/openid-configuration")}
    return TemplateResponse(request, "admin/idp/client/connect.html", context)
