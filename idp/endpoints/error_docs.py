"""/docs/errors: what `error_uri` leads to, one page for each check of a request."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from idp.explaining.pages import page, pages


@require_safe
@gzip_page  # nothing of the request is repeated in it (BREACH)
def error_docs(request: Request) -> HttpResponse:
    return render(request, "idp/error_docs.html", {"pages": pages().values(), "wide": True})


@require_safe
@gzip_page  # nothing of the request is repeated in it (BREACH)
def error_doc(request: Request, check: str) -> HttpResponse:
    found = page(check)
    if found is None:
        raise Http404("There is no such page.")
    return render(request, "idp/error_doc.html", {"page": found, "wide": True})
