"""After signing out: which apps are told, those that listen in the browser loaded there, and the way on.

OIDC Front-Channel Logout section 3. Works without JavaScript, by a refresh that browsers with it never see.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import chooser, endings
from accounts.endings import Told
from accounts.middleware import Request
from idp.authorization.response import see_other
from idp.logout.announcing import farewell_path, read_farewell
from idp.logout.frontchannel import frames
from idp.models import Client, LogoutNotice
from idp.protocol.redirects import origin

_NEVER = datetime.min.replace(tzinfo=UTC)
SECONDS = 4  # for the apps' pages; then the browser goes on


@require_http_methods(["GET", "HEAD"])
def signed_out(request: Request, token: str) -> HttpResponse:
    """Where sign-outs end that began on our own pages."""
    left = read_farewell(token)
    return farewell(request, left.here, left.elsewhere) or see_other(reverse("accounts:signed-out"))


def farewell(
    request: Request,
    here: Sequence[str],
    elsewhere: Sequence[str] = (),
    *,
    client: Client | None = None,
    return_to: str = "",
    refused: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponse | None:
    """The page of those sessions, on its way to `return_to`; None where there is nothing to wait for or to see.

    Of `elsewhere`, which were of other browsers, only what came of them is said. `refused` is for the app's developer.
    """
    now, every = timezone.now(), [*here, *elsewhere]
    pages = frames(here, now)
    told = _merged(endings.told(every)) if every and not (return_to and not pages) else []
    if not told:
        return None
    again = farewell_path(here, elsewhere) if not return_to and _are_waiting(every) else ""
    context: dict[str, Any] = {
        "told": told,
        "frames": pages,
        "client": client,
        "return_to": return_to,
        "again": again,
    }
    context |= refused
    context |= {"remaining": chooser.remaining(request, now=now), "seconds": SECONDS, "sessions": len(every)}
    response = render(request, "idp/signed_out.html", context)
    response.frame_src = sorted({origin(page) for page in pages})  # type: ignore[attr-defined]
    return response


def _merged(told: Mapping[str, list[Told]]) -> list[Told]:
    """An app that answered alike for several sessions stands there once, with the latest answer."""
    lines = sorted((line for each in told.values() for line in each), key=lambda line: line.at or _NEVER)
    latest = {(line.name, line.words, line.level): line for line in lines}
    return sorted(latest.values(), key=lambda line: line.name)


def _are_waiting(sids: Collection[str]) -> bool:
    """Whether an answer of a server is still to come."""
    return LogoutNotice.objects.filter(sid__in=sids, due_at__isnull=False).exists()
