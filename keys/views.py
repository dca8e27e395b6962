"""The JWKS within Django (in production `idp.wsgi` answers it before), and the page that explains it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from keys import schedule
from keys.jwks import answer
from keys.models import SigningKey
from keys.ring import ring
from keys.timeline import Line, Timeline, in_words

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


@require_safe
def keys_json(request: HttpRequest) -> HttpResponse:
    """The same timeline for programs: public facts only, those of the page."""
    now = timezone.now()
    timeline = Timeline.of(ring(now).rows, now, remembered=_REMEMBERED)
    response = JsonResponse({"keys": [_as_json(line.key, line) for line in timeline.lines if line.key]})
    response["Cache-Control"] = "no-cache"
    return response


def _as_json(key: SigningKey, line: Line) -> dict[str, object]:
    return {
        "kid": key.kid,
        "alg": key.algorithm,
        "state": line.state,
        "why": line.why,
        "published_at": key.published_at.isoformat(),
        "signs_from": key.signs_from.isoformat(),
        "signs_until": key.signs_until.isoformat(),
        "public_until": key.verifies_until.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
