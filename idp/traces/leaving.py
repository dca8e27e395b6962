"""A refusal leaves its trace: after the refused work is undone, within bounds, and never at the refusal's cost.

Strangers decide how often something is refused, so each process writes so many traces an hour for one app from one
block of addresses, for a block, for an app, and in all; and the table never holds more than MOST.
"""

import logging
from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.origin import origin
from accounts.throttling import address_block
from idp.clients.bounds import Recent, Share
from idp.models import Client, Trace
from idp.protocol.errors import OAuthError, Refusal
from idp.traces.facts import kept, shortened, text
from idp.traces.sender import sender

MOST = 20_000
TRIM_EVERY = 100
HOUR = timedelta(hours=1)
APP_AND_BLOCK, BLOCK, APP, ALL = 60, 120, 300, 2000  # an hour and a process
log = logging.getLogger(__name__)
# Of each kind of bound its own, so that many names of apps, which strangers invent, push out no share but such.
_shares: dict[str, Recent[Share]] = defaultdict(Recent)


def leave(request: HttpRequest, refusal: Refusal, endpoint: str, *, client_id: str = "") -> Trace | None:
    """The trace that is kept; None where there is no room, and for a refusal that is only a step on the way.

    `client_id` is the app where the caller knows it better than the request says. Whatever goes wrong here is ours
    to hear of, and no trouble of whoever waits for the answer.
    """
    if not refusal.traced:
        return None
    try:
        now = timezone.now()
        if settings.TRACE_DAYS <= 0 or not _has_room(request, client_id, now):
            return None
        trace = compose(request, refusal, endpoint, client_id=client_id, now=now)
        _keep(trace)
    except Exception:  # a database that is away, or full, among them
        log.exception("no trace of this refusal")
        return None
    return trace


def may_record(request: HttpRequest, client_id: str) -> bool:
    """Whether there is room for a line in the audit log, which nobody may empty, for what any stranger can cause.

    Bounded as traces are, and apart from them: they may be switched off.
    """
    return _has_room(request, client_id, timezone.now(), of="audit ")


def compose(
    request: HttpRequest, refusal: Refusal, endpoint: str, *, client_id: str = "", now: datetime
) -> Trace:
    """Not saved."""
    where, said = origin(request), sender(request)
    return Trace(
        reference=where.request_id,
        at=now,
        endpoint=endpoint,
        failed=refusal.check,
        error=refusal.code if isinstance(refusal, OAuthError) else "",
        client_id=_app(client_id or said.client_id),
        address=_block(request),
        detail={
            "reason": text(refusal.reason),
            "parameters": [text(name)[:60] for name in said.parameters],
            "grant_type": said.grant_type,
            "facts": kept(refusal.facts),
        },
    )


def forget() -> None:
    """For tests: as if the process had just begun."""
    _shares.clear()


def _app(client_id: str) -> str:
    return shortened(client_id)[:255]


def _block(request: HttpRequest) -> str:
    return address_block(origin(request).address)[:64]


def _has_room(request: HttpRequest, client_id: str, now: datetime, *, of: str = "") -> bool:
    """From the narrowest bound to the widest, so that who is over the first takes nothing from the others."""
    app, block = _app(client_id or sender(request).client_id), _block(request)
    bounds = (
        (("app and block", f"{app} {block}"), APP_AND_BLOCK),
        (("block", block), BLOCK),
        (("app", app), APP),
        (("all", ""), ALL),
    )
    return all(
        _shares[of + kind].get((kind, key), partial(Share, most, HOUR)).take(now)
        for (kind, key), most in bounds
    )


def _keep(trace: Trace) -> None:
    shown = text(trace.client_id)
    if shown != trace.client_id and not Client.objects.filter(client_id=trace.client_id).exists():
        trace.client_id = shown  # no app's name, so maybe a secret in the wrong field
    trace.save(force_insert=True)
    if trace.pk % TRIM_EVERY == 0:
        Trace.objects.filter(pk__lte=trace.pk - MOST).delete()
