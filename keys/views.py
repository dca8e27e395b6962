"""The JWKS within Django (in production `idp.wsgi` answers it before), and the page that explains it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from keys import schedule
from keys.jwks import answer
from keys.ring import ring
from keys.timeline import Timeline, in_words

# A key that is over stays on the page for so long.
_REMEMBERED = timedelta(days=30)


@csrf_exempt
def jwks(request: HttpRequest) -> HttpResponse:
    status, headers, body = answer(request.META)
    code, _, reason = status.partition(" ")
    response = HttpResponse(body, status=int(code), reason=reason)
    del response["Content-Type"]
    for name, value in headers:
        response[name] = value
    return response


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    timeline = Timeline.of(ring(now).rows, now, remembered=_REMEMBERED)
    policy = schedule.policy()
    return render(
        request,
        "keys/keys.html",
        {
            "timeline": timeline,
            "algorithms": policy.algorithms,
            "publish_before": in_words(policy.publish_before),
            "max_age": in_words(policy.jwks_max_age),
            "wide": True,
        },
    )
