"""`manage.py purge`: removes what can't matter any more, some rows at a time, so that nobody waits for it."""

import json
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import deletion, emails, places
from accounts.models import (
    DeviceRequest,
    KeptForm,
    OneTimeLink,
    PendingLogin,
    Place,
    Session,
    ThrottleBucket,
    TrustedDevice,
    UsedChallenge,
)
from idp.conf import LONGEST_TOKEN
from idp.explaining import reading
from idp.models import (
    Client,
    DeviceAuthorization,
    Grant,
    LogoutNotice,
    PushedRequest,
    RevokedToken,
    SavedRequest,
    UpstreamVisit,
    UsedToken,
    saved_request,
)

BATCH = 1000
LOOK = 50 * BATCH  # each look passes by all that live
SESSIONS_KEPT = timedelta(days=90)  # people read of them on their account page
DEVICES_KEPT = timedelta(days=1)  # a device that still polls hears that its code has expired
LINKS_KEPT = timedelta(days=7)
COUNTERS_KEPT = timedelta(days=90)  # wrong passwords "in a row" are counted across quiet weeks (S-102)


class Command(BaseCommand):
    help = "Deletes expired grants, requests, revoked tokens, links, throttle counters and old sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        counts = {"accounts that their people deleted": deletion.carry_out(now)}
        counts |= {name: remove(rows) for name, rows in dead(now).items()}
        emails.wait()
        if options["json"]:
            self.stdout.write(json.dumps(counts, indent=2))
            return
        for name, count in counts.items():
            self.stdout.write(f"{count:>8} {name}")


def dead(now: datetime) -> dict[str, QuerySet[Any]]:
    """What may go, in an order in which nothing is taken from under what has to stay."""
    return {
        "grants": Grant.objects.filter(_dead_grants(now)),
        # A session takes its grants with it, and one with offline_access outlives it by months.
        "sessions": Session.objects.filter(_dead_sessions("", now), grants=None),
        "saved requests": SavedRequest.objects.filter(expires_at__lt=now),
        "device authorizations": DeviceAuthorization.objects.filter(expires_at__lt=now - DEVICES_KEPT),
        "pushed requests": PushedRequest.objects.filter(expires_at__lt=now - saved_request.LIFETIME),
        "used assertions and proofs": UsedToken.objects.filter(expires_at__lt=now),
        # Never used: nobody signed in at it or agreed to it (S-120).
        "apps that registered themselves": Client.objects.filter(
            self_registered=True,
            created_at__lt=now - settings.REGISTRATION_UNUSED,
            grants=None,
            consents=None,
        ),
        "logout notices": LogoutNotice.objects.filter(created_at__lt=now - SESSIONS_KEPT),
        "traces of refusals": reading.old(now),
        "revoked tokens": RevokedToken.objects.filter(expires_at__lt=now),
        "sign-ins by another device": DeviceRequest.objects.filter(expires_at__lt=now),
        "sign-ins never finished": PendingLogin.objects.filter(expires_at__lt=now),
        "visits to other providers": UpstreamVisit.objects.filter(expires_at__lt=now),
        "trusted devices": TrustedDevice.objects.filter(expires_at__lt=now),
        "answered passkey challenges": UsedChallenge.objects.filter(expires_at__lt=now),
        "forms kept for a fresh sign-in": KeptForm.objects.filter(expires_at__lt=now),
        "places that people signed in from": Place.objects.filter(last_seen_at__lt=now - places.KEPT),
        "one-time links": OneTimeLink.objects.filter(expires_at__lt=now - LINKS_KEPT),
        "throttle counters": ThrottleBucket.objects.filter(
            counted_at__lt=(now - COUNTERS_KEPT).timestamp(), blocked_until__lt=now.timestamp()
        ),
    }


def _dead_grants(now: datetime) -> Q:
    """No token of theirs can live: the last was issued before the end, and none outlives LONGEST_TOKEN."""
    before = now - LONGEST_TOKEN
    never_redeemed = Q(redeemed_at=None, code_expires_at__lt=before)
    with_its_session = _dead_sessions("session__", now) & ~Q(scope__contains="offline_access")
    dead = Q(expires_at__lt=before) | Q(revoked_at__lt=before) | never_redeemed
    return dead & ~_hears_of_logout(now) | with_its_session


def _hears_of_logout(now: datetime) -> Q:
    """That there was a sign-in at the app is known from its grant, so this one stays as long as the session."""
    asks = ~Q(client__backchannel_logout_uri="", client__frontchannel_logout_uri="")
    return asks & Q(session__ended_at=None, session__expires_at__gt=now)


def _dead_sessions(prefix: str, now: datetime) -> Q:
    before = now - SESSIONS_KEPT
    return Q(**{f"{prefix}ended_at__lt": before}) | Q(**{f"{prefix}expires_at__lt": before})


def remove(rows: QuerySet[Any]) -> int:
    """Deletes `rows` in batches, each a transaction of its own; how many they were."""
    removed = 0
    while found := list(rows.values_list("pk", flat=True)[:LOOK]):
        for start in range(0, len(found), BATCH):
            with transaction.atomic():
                _, by_model = rows.filter(pk__in=found[start : start + BATCH]).only("pk").delete()
            removed += by_model.get(rows.model._meta.label, 0)
    return removed
