"""The tab "grade": an app's registration, rule by rule, against the profiles of idp.clients.grading."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from idp.clients import grading
from idp.models import Client


@require_safe
def page(request: HttpRequest, client: Client) -> HttpResponse:
    return TemplateResponse(request, "admin/idp/client/grade.html", {"grades": grading.grades(client)})
