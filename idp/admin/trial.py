"""The tab "try it": a sign-in as this app by the admin themself, every hop shown, none of it carried out."""

from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.fresh import missing
from accounts.middleware import Request
from idp.admin.rehearsal import may_be_rehearsed, rehearse
from idp.models import Client


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, client: Client) -> HttpResponse:
    obstacle = may_be_rehearsed(client)
    context = {"obstacle": obstacle, "scopes": client.scopes, "hops": []}
    if request.method == "POST" and not obstacle:
        asking = cast("Request", request)
        if page_of_proof := missing(asking, request.path):  # S-108: what is shown are tokens' contents
            return HttpResponseRedirect(page_of_proof, status=303)
        scope = " ".join(name for name in client.scopes if name in request.POST.getlist("scope"))
        context["hops"] = rehearse(asking, client, scope, now=timezone.now())
        context["asked"] = scope.split()
        audit.record("client.rehearsed", request=request, client_id=client.client_id, scope=scope)
    return TemplateResponse(request, "admin/idp/client/try.html", context)
