"""The tab "connect": what an app has to be told to reach this provider, plainly and by any template."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from idp.app_templates import library, pages
from idp.endpoints.discovery import metadata
from idp.models import Client

_SHOWN = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
)


@require_safe
def page(request: HttpRequest, client: Client) -> HttpResponse:
    """The secret is a word to put it in place of: it is known only while it is made (S-042)."""
    chosen = library.templates().get(request.GET.get("template", ""))
    template = chosen or (None if "template" in request.GET else library.guess(client))
    document = metadata()
    context = {
        "addresses": [("discovery", document["issuer"] + pages.DISCOVERY)]
        + [(name, document[name]) for name in _SHOWN if name in document],
        "environment": pages.environment(client),
        "groups": library.grouped(),
        "template": template,
        "page": pages.of_client(template, client) if template else None,
        "may_rotate": client.has_secret and request.user.has_perm("idp.rotate_client_secret"),
    }
    return TemplateResponse(request, "admin/idp/client/connect.html", context)
