"""Requests that wait for a person: saved, found again, and what the person has done for them."""

from datetime import datetime

from accounts.models import Session
from accounts.prepared import Parameter, Prepared
from idp.authorization.keeping import kept
from idp.authorization.request import ReturnAddress
from idp.models import SavedRequest
from idp.models.saved_request import LIFETIME
from idp.protocol.params import Params

PATH = "/oauth2/authorize/"
# Every page of an app's sign-in asks for it.
_by_id: Prepared[SavedRequest] = Prepared(
    lambda: SavedRequest.objects.select_related("client").filter(pk=Parameter("id")).order_by()
)


def save(params: Params, address: ReturnAddress, *, now: datetime) -> SavedRequest:
    return SavedRequest.objects.create(
        client=address.client, params=kept(params), created_at=now, expires_at=now + LIFETIME
    )


def find(request_id: str, *, now: datetime) -> SavedRequest | None:
    """The request while it waits; None once it has expired, or when there never was one."""
    found = _by_id(id=request_id)
    return found if found is not None and found.expires_at > now else None


def use_up(waiting: SavedRequest | None) -> bool:
    """Whether it may still be answered: one DELETE decides, so a sign-in for it counts once (OIDC Core 3.1.2.1)."""
    return waiting is None or bool(SavedRequest.objects.filter(pk=waiting.pk).delete()[0])


def path(saved: SavedRequest) -> str:
    return f"{PATH}{saved.pk}"


def has_chosen(saved: SavedRequest | None, session: Session) -> bool:
    """Chose this account on the page, or signed in since: that is a choice too."""
    return saved is not None and (saved.chosen_sid == session.sid or session.auth_time >= saved.created_at)


def has_consented(
    saved: SavedRequest | None, session: Session, scope: tuple[str, ...], extra: tuple[str, ...] = ()
) -> bool:
    """Agreed, in this session, on the page of this very request."""
    return (
        saved is not None
        and saved.consented_sid == session.sid
        and set(scope) <= set(saved.consented_scope.split())
        and set(extra) <= set(saved.consented_claims.split())
    )
