"""The audit log: typed events, each holding the hash of the one before: a gap or a change shows (S-143)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AuditEvent, User
from accounts.origin import Origin, origin
from accounts.prepared import Statement, database, execute_together, moment

# Every type that may be recorded, and what it says to a reader. The room above adds its own in ready().
TYPES: dict[str, str] = {
    "login.succeeded": "signed in",
    "login.failed": "sign-in refused",
    "login.throttled": "sign-in refused for now: too many tries",
    "login.locked": "sign-in locked after too many wrong passwords",
    "login.unlocked": "lock lifted",
    "login.reauthenticated": "confirmed who they are",
    "login.stepped_up": "proved more of who they are",
    "login.other_device_asked": "asked to sign in by another device",
    "login.other_device_approved": "let another device sign in",
    "login.other_device_refused": "did not let another device sign in",
    "factor.added": "sign-in method added",
    "factor.removed": "sign-in method removed",
    "factor.renamed": "sign-in method renamed",
    "factor.refused": "second factor refused",
    "factor.reset": "all second factors removed",
    "identity.linked": "account of another site linked",
    "identity.unlinked": "account of another site no longer linked",
    "recovery.codes_made": "new recovery codes made",
    "recovery.code_used": "recovery code used",
    "device.forgotten": "devices asked for a second factor again",
    "session.chosen": "chosen among the accounts signed in in one browser",
    "session.ended": "session ended",
    "session.known": "said that a sign-in was theirs",
    "sessions.ended": "all sessions ended",
    "password.changed": "password changed",
    "password.change_failed": "password change refused",
    "password.reset_requested": "password reset asked for",
    "password.reset": "password reset by mail",
    "password.change_required": "new password required",
    "profile.changed": "profile changed",
    "email.change_requested": "another e-mail address asked for",
    "email.change_withdrawn": "another e-mail address not wanted any more",
    "email.changed": "e-mail address changed",
    "email.verified": "e-mail address confirmed",
    "picture.changed": "picture changed",
    "link.issued": "one-time link made",
    "link.used": "one-time link used",
    "setup.completed": "first admin made",
    "registration.requested": "account of their own asked for",
    "terms.published": "terms of use published",
    "terms.accepted": "terms of use accepted",
    "invitation.accepted": "came with an invitation",
    "invitation.withdrawn": "invitation withdrawn",
    "roles.changed": "roles in the admin changed",
    "attribute.changed": "attribute of people declared or removed",
    "group.changed": "group changed",
    "user.created": "person added",
    "user.disabled": "person disabled",
    "user.enabled": "person enabled",
    "impersonation.started": "an admin began to look at this person's pages",
    "impersonation.ended": "an admin stopped looking at this person's pages",
    "user.deletion_asked": "deletion of the account asked for",
    "user.deletion_cancelled": "deletion of the account taken back",
    "user.deleted": "account deleted",
    "data.exported": "own data downloaded",
    "key.created": "signing key made",
    "key.rotated": "signing key brought forward",
    "key.revoked": "signing key revoked",
    "key.rewrapped": "signing keys sealed anew",
    "admin.added": "added in the admin",
    "admin.changed": "changed in the admin",
    "admin.deleted": "deleted in the admin",
}

_SECRET_NAMES = frozenset({"password", "token", "secret", "code", "cookie", "assertion", "private_key"})
_REDACTED = "[redacted]"
# An arbitrary number of ours among PostgreSQL's advisory locks.
_IN_A_ROW: Statement = ("SELECT pg_advisory_xact_lock(%s)", [0x5369676E])
_HASH = {"sqlite": "SHA256({})", "postgresql": "encode(sha256(convert_to({}, 'UTF8')), 'hex')"}
_LAST = "COALESCE((SELECT hash FROM accounts_auditevent ORDER BY id DESC LIMIT 1), '')"
_FIELDS = ("type", "at", "actor", "subject", "client_id", "address", "request_id", "outcome", "detail")
_INSERT = {
    vendor: f"INSERT INTO accounts_auditevent ({', '.join(_FIELDS)}, previous_hash, hash) "  # noqa: S608  constants
    f"VALUES ({', '.join(['%s'] * len(_FIELDS))}, {_LAST}, {hashed.format(f'{_LAST} || %s')})"
    for vendor, hashed in _HASH.items()
}


def register(types: Mapping[str, str]) -> None:
    TYPES.update(types)


def mark(thing: Model) -> str:
    """What the log calls a thing: `user:…`, `client:9`."""
    return f"{thing._meta.model_name}:{thing.pk}"


def record(
    type: str,
    *,
    request: HttpRequest | None = None,
    actor: User | str | None = None,
    subject: User | str | None = None,
    client_id: str = "",
    outcome: str = "ok",
    **detail: object,
) -> None:
    """Appends one event. In a transaction call it last: on PostgreSQL the chain is held until the commit."""
    execute_together(
        recording(
            type,
            request=request,
            actor=actor,
            subject=subject,
            client_id=client_id,
            outcome=outcome,
            **detail,
        )
    )


def recording(
    type: str,
    *,
    request: HttpRequest | None = None,
    actor: User | str | None = None,
    subject: User | str | None = None,
    client_id: str = "",
    outcome: str = "ok",
    **detail: object,
) -> list[Statement]:
    """The same as statements, to be executed together with what the event tells of; they come last."""
    if type not in TYPES:
        raise ValueError(f"{type!r} is no audit event; add it with accounts.audit.register().")
    where = origin(request) if request else Origin()
    return _statements(
        {
            "type": type,
            "at": timezone.now(),
            "actor": _text(_who(actor, request), 200),
            "subject": _text(_name(subject), 200),
            "client_id": _text(client_id, 200),
            "address": _text(where.address, 45),
            "request_id": _text(where.request_id, 64),
            "outcome": _text(outcome, 40),
            "detail": _plain(detail),
        }
    )


def on_key_event(type: str, detail: dict[str, Any]) -> None:
    """The listener of `keys.events`: what happened to a signing key."""
    record(type, actor="system", subject=str(detail.get("kid", "")), **detail)


def _statements(entry: dict[str, Any]) -> list[Statement]:
    """One statement that reads the last hash and writes the next.

    SQLite has one writer, so the statement is atomic by itself. PostgreSQL needs the writers in a row: a lock
    that ends with the transaction, taken first so that the statement after it sees the last row.
    """
    db = database()
    values = [entry[name] for name in _FIELDS]
    values[1] = moment(entry["at"], db)
    values[-1] = json.dumps(entry["detail"])
    append = (_INSERT[db.vendor], [*values, payload(entry)])
    return [_IN_A_ROW, append] if db.vendor == "postgresql" else [append]


def payload(entry: Mapping[str, Any]) -> str:
    """The bytes that a hash covers, the same from the event to be written and from the row that was read."""
    at = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps([at if name == "at" else entry[name] for name in _FIELDS], sort_keys=True)


def problems(events: Iterable[AuditEvent] | None = None, *, previous: str = "") -> Iterator[str]:
    """What does not fit in the chain, one sentence each; `previous` is the hash before a part of it."""
    for event in AuditEvent.objects.order_by("id").iterator(1000) if events is None else events:
        if event.previous_hash != previous:
            yield f"Event {event.pk} does not follow the one before: something was removed or put in between."
        entry = {name: getattr(event, name) for name in _FIELDS}
        if hashlib.sha256((event.previous_hash + payload(entry)).encode()).hexdigest() != event.hash:
            yield f"Event {event.pk} was changed after it was written."
        previous = event.hash


def as_json(event: AuditEvent) -> dict[str, Any]:
    entry = {name: getattr(event, name) for name in ("id", *_FIELDS, "previous_hash", "hash")}
    entry["at"] = event.at.isoformat()
    return entry


def _who(actor: User | str | None, request: HttpRequest | None) -> str:
    """The actor, or else whoever the request's session has already proved; never a look-up of its own."""
    if actor is not None:
        return _name(actor)
    session = request.__dict__.get("sso") if request else None
    if session is not None:
        return f"user:{session.user_id}"
    return "anonymous" if request else "system"


def _name(who: User | str | None) -> str:
    return f"user:{who.pk}" if isinstance(who, User) else who or ""


def _text(value: str, limit: int) -> str:
    """What both databases store: no NUL, no lone surrogate, no longer than the column."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:limit]


def _plain(value: Any, name: str = "") -> Any:
    """JSON that reads back the same from both databases, without the values that nobody may read."""
    if name.lower() in _SECRET_NAMES or name.lower().rpartition("_")[2] in ("hash", *_SECRET_NAMES):
        return _REDACTED if value else ""
    if isinstance(value, Mapping):
        return {_text(str(key), 100): _plain(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int):
        return value
    return _text(str(value), 2000)
