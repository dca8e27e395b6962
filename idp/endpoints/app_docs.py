"""/docs/apps: how each app is set up with this provider, from the same pages by which an admin registers it."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from idp.app_templates import library, pages


@require_safe
@gzip_page  # nothing of the request is repeated in it (BREACH)
def app_docs(request: Request) -> HttpResponse:
    return render(request, "idp/app_docs.html", {"groups": library.grouped(), "wide": True})


@require_safe
@gzip_page  # nothing of the request is repeated in it (BREACH)
def app_doc(request: Request, slug: str) -> HttpResponse:
    """With this provider's addresses; where the app is, and what it gets, stand as examples."""
    template = library.templates().get(slug)
    if template is None:
        raise Http404("There is no such page.")
    page = pages.of(template, None)
    return render(request, "idp/app_doc.html", {"template": template, "page": page, "wide": True})
