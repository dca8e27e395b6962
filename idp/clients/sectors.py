"""Sector documents: the list by which the owner of a host says which redirect URIs are of its sector.

OIDC Core section 8.1, OIDC Registration section 5. They are fetched before any transaction begins (S-070), and only
a document that was fetched lets an app be registered with its address.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from idp.clients.bounds import Share
from idp.models import Client, Sector
from idp.models.sector import context
from idp.outbound import Unreachable, check_address, fetch_for_strangers
from keys import events, sealing

MOST_IN_WINDOW = 30  # fetches a minute and process: who registers chooses the address


@dataclass(frozen=True)
class SectorDocument:
    """What stands at `uri`; `redirect_uris` is None where it could not be had."""

    uri: str
    redirect_uris: frozenset[str] | None


def look(uri: object) -> SectorDocument | None:
    """The document at `uri`, which is as somebody sent it; None where there is no address."""
    if not isinstance(uri, str) or not uri:
        return None
    try:
        check_address(uri)
        if not _share.take(timezone.now()):
            raise Unreachable("too many sector documents a minute")
        answer = fetch_for_strangers(uri)
        return SectorDocument(uri, _read(answer.body) if answer.status == 200 else None)
    except (Unreachable, ValueError):
        return SectorDocument(uri, None)


def kept(client: Client) -> SectorDocument | None:
    """For a change of other things: what is registered was checked when it was registered."""
    uri = client.sector_identifier_uri
    return SectorDocument(uri, frozenset(client.redirect_uris)) if uri else None


def problem(uri: str, redirect_uris: Collection[str], document: SectorDocument | None) -> str:
    """Why an app with these addresses is not of that sector; "" where it is, or claims none. One text for whatever
    keeps a document from being read (S-072).
    """
    if not uri:
        return ""
    if document is None or document.uri != uri or document.redirect_uris is None:
        return "has to be the address of a JSON list of redirect URIs, and it could not be read."
    missing = [each for each in redirect_uris if each not in document.redirect_uris]
    return "has to list every redirect URI of the app (OIDC Registration section 5)." if missing else ""


def _read(body: bytes) -> frozenset[str] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return frozenset(value)


def rewrap() -> int:
    """Seals the keys of sectors under the current encryption key; how many that changed."""
    old = [
        sector
        for sector in Sector.objects.all()
        if sealing.sealed_version(sector.sealed) != sealing.current_version()
    ]
    for sector in old:
        sector.sealed = sealing.reseal(sector.sealed, context=context(sector.identifier))
        sector.save(update_fields=["sealed"])
    return len(old)


def register() -> None:
    if rewrap not in events.rewrappers:
        events.rewrappers.append(rewrap)


def forget() -> None:
    """For tests: as if the process had just begun."""
    global _share
    _share = Share(MOST_IN_WINDOW)


_share = Share(MOST_IN_WINDOW)
