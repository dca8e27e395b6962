"""/language: which one the pages of this browser are in, where neither an app nor the person's profile says."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts import language, speaking
from accounts.middleware import Request
from accounts.views.going_on import SeeOther, next_path


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: Request) -> HttpResponse:
    chosen = request.POST.get("language", "")
    if request.method == "POST" and chosen in dict(settings.LANGUAGES):
        response = SeeOther(next_path(request))
        speaking.choose(response, chosen)
        return response
    languages = [(code, language.tag(code), name) for code, name in settings.LANGUAGES]
    context = {"languages": languages, "current": language.spoken.get()}
    return render(request, "accounts/language.html", context)
