"""What a test bed can be told, one JSON object a line: apps, people, keys, sessions. For `manage.py testbed` only."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import sessions
from accounts.management.people import CLAIMS
from accounts.models import User
from idp.clients import metadata
from idp.protocol.errors import OAuthError
from keys import ring, rotation

ACTOR = "testbed"


def carry_out(said: dict[str, Any]) -> dict[str, Any]:
    """The answer; {"problem": words} for what can't be done."""
    order = ORDERS.get(str(said.pop("do", "")))
    if order is None:
        return {"problem": f"Expected one of {', '.join(ORDERS)}."}
    try:
        with transaction.atomic():
            return order(timezone.now(), **said)
    except OAuthError as error:
        return {"problem": f"{error.code}: {error.description} {error.reason}".strip()}
    except ValidationError as error:
        return {"problem": "; ".join(error.messages)}
    except (TypeError, User.DoesNotExist) as error:
        return {"problem": f"{type(error).__name__}: {error}"}


def _client(now: datetime, said: dict[str, Any]) -> dict[str, Any]:
    registration = metadata.read(said, trusted=True)
    registration.client.full_clean(exclude={"sector"})
    secret = registration.create(now)
    return metadata.as_response(registration.client, secret, trusted=True)


def _person(
    now: datetime, username: str, password: str, email: str, groups: list[str], claims: dict[str, Any]
) -> dict[str, Any]:
    if unknown := sorted(set(claims) - set(CLAIMS)):
        raise ValidationError(f"{unknown[0]} is not one of {', '.join(CLAIMS)}.")
    user = User(
        username_display=username, email=email, email_verified_at=now, email_verified_by=ACTOR, **claims
    )
    user.set_password(password)
    user.full_clean(exclude={"username", "password"})
    user.save()
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    return {"sub": str(user.pk)}


def _new_key(now: datetime) -> dict[str, Any]:
    before = ring.ring(now).signing("RS256").kid
    rotation.revoke(before, now, by=ACTOR, reason="a test wants another")
    ring.forget()
    return {"kid": ring.ring(now).signing("RS256").kid}


def _end_sessions(now: datetime, username: str) -> dict[str, Any]:
    user = User.objects.get(username=username.lower())
    return {"ended": sessions.end_all(user, reason="a test ended them", now=now)}


ORDERS: dict[str, Callable[..., dict[str, Any]]] = {
    "client": _client,
    "person": _person,
    "new_key": _new_key,
    "end_sessions": _end_sessions,
}
