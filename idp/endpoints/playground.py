"""/playground: the real flow against this server, card by card in the browser; and its quiz, which needs no script.

The server sees what any provider sees, and nothing more: each request of the page is one of the protocol.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from accounts import login
from accounts.middleware import Request
from idp.clients import playground as app
from idp.conf import conf
from idp.playground import meanings, quiz, tampering

View = Callable[..., HttpResponse]

# In the order of the cards; each is a template and, but for the quiz, a module of JavaScript of that name.
CARDS = (
    ("discover", "Discover"),
    ("prepare", "Prepare"),
    ("authorize", "Authorize"),
    ("exchange", "Exchange"),
    ("read", "Read"),
    ("verify", "Verify"),
    ("tamper", "Tamper"),
    ("call", "Call an API"),
    ("refresh", "Refresh"),
    ("logout", "Log out"),
    ("quiz", "Quiz"),
)


def while_open(view: View) -> View:
    """IDP_PLAYGROUND: off is as if there were no such page; admin asks who it is."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if app.is_off():
            raise Http404
        if app.open_to(request.user):
            return view(request, *args, **kwargs)
        if request.sso is None:
            return HttpResponseRedirect(login.url(request.path))
        raise PermissionDenied("The playground is open to admins only (IDP_PLAYGROUND).")

    return guarded


@require_safe
@gzip_page  # nothing of the request is repeated in it, and Django masks the CSRF token anew each time (BREACH)
@while_open
def playground(request: Request) -> HttpResponse:
    """Here, and where the authorization endpoint sends the browser back to: one page, so that the run goes on."""
    try:
        client = app.ensure()
    except app.NameTaken:
        return render(request, "playground/taken.html", {"client_id": app.CLIENT_ID}, status=409)
    data = {
        "issuer": conf().issuer,
        "client_id": client.client_id,
        "redirect_uri": conf().url("/playground/callback"),
        "return_to": conf().url("/playground"),
        "scope": " ".join(app.SCOPES),
        "code_seconds": int(conf().code_lifetime.total_seconds()),
        "grace_seconds": int(conf().refresh_grace.total_seconds()),
        "meanings": meanings.as_json(),
        "forgeries": tampering.instructions(),
    }
    context = {
        "cards": CARDS,
        "data": data,
        "enabled": client.enabled,
        "forgeries": tampering.table(),
        "questions": quiz.QUESTIONS,
    }
    return render(request, "playground/playground.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@while_open
def grade(request: Request) -> HttpResponse:
    """The quiz by itself, and graded after a POST."""
    answered = None
    if request.method == "POST":
        answered = quiz.grade({name: request.POST.getlist(name) for name in request.POST})
    context = {
        "questions": quiz.QUESTIONS,
        "answered": answered,
        "right": sum(answer.right for answer in answered or ()),
    }
    return render(request, "playground/quiz.html", context)
