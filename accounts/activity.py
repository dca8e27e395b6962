"""A person's own part of the audit log: what they did, what was done about them, and nothing of others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from accounts import audit, reached
from accounts.models import AuditEvent, User

# What the page can be narrowed to: a word, and the beginnings of types.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sign-ins": (gettext_noop("Sign-ins"), ("login.", "session", "link.", "device.forgotten")),
    "security": (
        gettext_noop("Password, factors, e-mail, rights"),
        (
            "password.",
            "email.",
            "roles.",
            "user.",
            "terms.",
            "credential.",
            "impersonation.",
            "factor.",
            "recovery.",
            "identity.",
        ),
    ),
    "apps": (gettext_noop("Apps"), ("grant.", "consent.", "device.", "authorization.")),
    "profile": (gettext_noop("Profile"), ("profile.", "picture.", "data.")),
}


@dataclass(frozen=True)
class Entry:
    """One line as the person reads it."""

    id: int
    at: datetime
    type: str
    what: str
    by: str
    address: str
    app: str  # its name, while there is such an app
    outcome: str
    client_id: str

    @property
    def is_outcome_news(self) -> bool:
        """Whether the words do not say already how it went: "sign-in refused" does."""
        return self.outcome != "ok" and self.outcome not in audit.TYPES.get(self.type, "")

    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "at": self.at.isoformat()}


def of(user: User, kind: str = "") -> QuerySet[AuditEvent]:
    """The newest first; `kind` is one of KINDS, anything else is all."""
    mark = f"user:{user.pk}"
    events = AuditEvent.objects.filter(Q(actor=mark) | Q(subject=mark)).order_by("-id")
    if kind in KINDS:
        begins = Q()
        for prefix in KINDS[kind][1]:
            begins |= Q(type__startswith=prefix)
        events = events.filter(begins)
    return events


def entries(events: Iterable[AuditEvent], user: User) -> list[Entry]:
    found = list(events)
    names = reached.names({event.client_id for event in found if event.client_id})
    return [_entry(event, user, names) for event in found]


def _entry(event: AuditEvent, user: User, names: Mapping[str, str]) -> Entry:
    """An admin is not named, and neither is the address that they came from."""
    own, strange = event.actor == f"user:{user.pk}", event.actor == "anonymous"
    if own:
        by = pgettext("done by", "you")
    elif strange:
        by = pgettext("done by", "somebody")
    elif event.actor.startswith("user:"):
        by = pgettext("done by", "an admin")
    else:
        by = pgettext("done by", "the server")
    return Entry(
        id=event.pk,
        at=event.at,
        type=event.type,
        what=_(audit.TYPES.get(event.type, event.type)),
        by=by,
        address=event.address if own or strange else "",
        app=names.get(event.client_id, event.client_id),
        outcome=event.outcome,
        client_id=event.client_id,
    )
