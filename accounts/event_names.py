"""Names for the marks of audit events, as the admin shows them: `user:…`, `client:9`, a client id."""

from collections.abc import Iterable

from accounts import audit, reached
from accounts.models import AuditEvent, User


def put(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """The events with `what`, `who`, `whom`, `app` and `result` for a reader; a statement for people, one for apps."""
    found = list(events)
    marks = {mark for event in found for mark in (event.actor, event.subject) if mark.startswith("user:")}
    people = User.objects.in_bulk([mark.removeprefix("user:") for mark in marks])
    names = {f"user:{pk}": str(user) for pk, user in people.items()}
    called = reached.names({event.client_id for event in found if event.client_id})
    for event in found:
        is_thing = event.type.startswith("admin.") or not event.subject.startswith("user:")
        named = event.detail.get("name", "") if is_thing else ""
        event.what = audit.TYPES.get(event.type, event.type)  # type: ignore[attr-defined]
        event.who = names.get(event.actor, event.actor)  # type: ignore[attr-defined]
        event.whom = names.get(event.subject) or named or event.subject  # type: ignore[attr-defined]
        event.app = called.get(event.client_id, event.client_id)  # type: ignore[attr-defined]
        event.result = event.outcome.replace("_", " ")  # type: ignore[attr-defined]
    return found
