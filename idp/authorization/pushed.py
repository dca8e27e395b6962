"""Pushed authorization requests: kept, opened by their request_uri, gone with the answer (RFC 9126).

Opening one does not use it up, so a reload or a link preview does no harm (INTEROP 29); the answer does.
"""

from datetime import datetime

from django.db.models import QuerySet

from idp.authorization.keeping import kept
from idp.authorization.request import ReturnAddress
from idp.models import Client, PushedRequest
from idp.models.pushed_request import LIFETIME
from idp.protocol.errors import InvalidRequestUri
from idp.protocol.params import Params

PREFIX = "urn:ietf:params:oauth:request_uri:"


def save(params: Params, client: Client, *, now: datetime) -> str:
    """Its request_uri."""
    pushed = PushedRequest.objects.create(client=client, params=kept(params), expires_at=now + LIFETIME)
    return f"{PREFIX}{pushed.pk}"


def read(request_uri: str, client: Client, *, now: datetime) -> Params:
    """The parameters, with the request_uri that they came by. Raises InvalidRequestUri."""
    found = _rows(request_uri, client).filter(expires_at__gt=now).first()
    if found is None:
        raise InvalidRequestUri(
            "This request_uri is not one of this app, was used before, or has expired.",
            check="request-waiting",
            lives_for_seconds=int(LIFETIME.total_seconds()),
        )
    return Params({**found.params, "request_uri": request_uri})


def use_up(address: ReturnAddress) -> bool:
    """Whether the request may still be answered: one DELETE decides. True for one that was not pushed."""
    if not address.pushed:
        return True
    deleted, _ = _rows(address.pushed, address.client).delete()
    return bool(deleted)


def _rows(request_uri: str, client: Client) -> QuerySet[PushedRequest]:
    return PushedRequest.objects.filter(pk=request_uri.removeprefix(PREFIX), client=client)
