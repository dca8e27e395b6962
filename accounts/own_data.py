"""Everything that is kept about a person, as one JSON document; the room above registers its part."""

from collections.abc import Callable
from typing import Any

from accounts import activity, groups
from accounts.factors import keeping
from accounts.models import Attribute, Invitation, User

Part = Callable[[User], Any]
_parts: dict[str, Part] = {}
EVENTS_AT_MOST = 10_000
PARTICULARS = (
    "name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website", "gender",
    "birthdate", "zoneinfo", "locale", "phone_number", "address",
)  # fmt: skip


def register(name: str, part: Part) -> None:
    """`part(user)` gives what stands under `name`."""
    _parts[name] = part


def document(user: User, *, all_attributes: bool = False) -> dict[str, Any]:
    """Secrets and what belongs to others are left out; so are attributes that only admins may see, but for them."""
    return {
        "account": _account(user),
        "profile": {name: getattr(user, name) for name in PARTICULARS},
        "attributes": _attributes(user, all_attributes),
        "groups": groups.names(user),
        "sign_in_methods": keeping.as_json(user),
        "invitation": _invitation(user),
        "sessions": [_session(session) for session in user.sessions.all()],
        "places": [
            {
                "block": each.block,
                "first_seen_at": _moment(each.first_seen_at),
                "last_seen_at": _moment(each.last_seen_at),
            }
            for each in user.places.all()
        ],
        **{name: part(user) for name, part in _parts.items()},
        "activity": [entry.as_json() for entry in activity.entries(activity.of(user)[:EVENTS_AT_MOST], user)],
    }


def _account(user: User) -> dict[str, Any]:
    return {
        "sub": user.sub,
        "username": user.username_display,
        "email": user.email,
        "email_verified_at": _moment(user.email_verified_at),
        "email_verified_by": user.email_verified_by,
        "active": user.is_active,
        "created_at": _moment(user.created_at),
        "updated_at": _moment(user.updated_at),
        "last_login": _moment(user.last_login),
        "terms_version": user.terms_version,
        "terms_accepted_at": _moment(user.terms_accepted_at),
        "deletion_at": _moment(user.deletion_at),
    }


def _attributes(user: User, every: bool) -> dict[str, Any]:
    hidden = Attribute.objects.filter(access=Attribute.Access.ADMINS).values_list("name", flat=True)
    left_out = set() if every else set(hidden)
    return {name: value for name, value in user.attributes.items() if name not in left_out}


def _invitation(user: User) -> dict[str, Any] | None:
    found = Invitation.objects.filter(user=user).first()
    return {"sent_at": _moment(found.sent_at), "accepted_at": _moment(found.accepted_at)} if found else None


def _session(session: Any) -> dict[str, Any]:
    return {
        "sid": session.sid,
        "created_at": _moment(session.created_at),
        "auth_time": _moment(session.auth_time),
        "stepped_up_at": _moment(session.stepped_up_at),
        "amr": session.amr,
        "last_seen_at": _moment(session.last_seen_at),
        "address": session.address,
        "browser": session.user_agent,
        "ended_at": _moment(session.ended_at),
        "end_reason": session.end_reason,
    }


def _moment(value: Any) -> str | None:
    return value.isoformat() if value else None
