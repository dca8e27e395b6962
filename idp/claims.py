"""Claims about a person, by scope (OIDC Core section 5.1 and 5.4): true, typed, and left out where there is nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts import groups
from accounts.models import User
from idp.models import Client
from idp.protocol import scopes

Source = Callable[[User], Any]


def subject(user: User, client: Client) -> str:
    """The `sub` of a person at an app: opaque, and the same for ever (OIDC Core section 8)."""
    return client.sector.named("subject", str(user.pk)) if client.sector else str(user.pk)


def session_id(sid: str, client: Client) -> str:
    """The `sid` of a session at an app: apps that can't compare subjects can't compare these either."""
    return client.sector.named("session", sid) if client.sector else sid


def _address(user: User) -> dict[str, str]:
    """OIDC Core section 5.1.1."""
    return {name: value for name, value in (user.address or {}).items() if value}


def _field(name: str) -> Source:
    return lambda user: getattr(user, name)


SOURCES: dict[str, Source] = {
    **{
        name: _field(name)
        for name in (
            "family_name", "given_name", "middle_name", "nickname", "profile", "picture", "website",
            "gender", "birthdate", "zoneinfo", "locale", "phone_number",
        )
    },
    "name": User.get_full_name,  # from its parts where it is not given as a whole
    "preferred_username": _field("username"),
    "updated_at": lambda user: int(user.updated_at.timestamp()),
    "email": lambda user: user.email,
    "email_verified": lambda user: user.email_verified if user.email else None,
    "phone_number_verified": lambda user: user.phone_number_verified if user.phone_number else None,
    "address": _address,
    "groups": groups.names,  # with those that they are part of, by one statement
}  # fmt: skip


def of_scope(user: User, scope: tuple[str, ...], client: Client | None = None) -> dict[str, Any]:
    """The claims that `scope` asks for and this person has; `groups` is there even when empty.

    With `client`, those of the admin's own that these scopes release to it, in place of ours of that name.
    """
    found = _had(user, scopes.claims_of(scope))
    if client is None:
        return found
    for mapping in client.claim_mappings:
        if mapping.scope in scope:
            value = mapping.value(user, subject=subject(user, client))
            found |= {} if value in (None, "", []) else {mapping.claim: value}
    return found


def userinfo(
    user: User, client: Client, scope: tuple[str, ...], wanted: Mapping[str, list[Any] | None]
) -> dict[str, Any]:
    """What userinfo says of a person for whom `scope` was granted, and the claims parameter asked `wanted`."""
    return {
        "sub": subject(user, client),
        **of_scope(user, scope, client),
        **requested(user, client, wanted),
    }


def requested(user: User, client: Client, wanted: Mapping[str, list[Any] | None]) -> dict[str, Any]:
    """Claims asked for one by one (section 5.5), each where its value would do; None takes any.

    Only those of the app's scopes, also when an admin took a scope away since they were asked for.
    """
    if not wanted:
        return {}
    allowed = scopes.claims_of(tuple(client.scopes))
    found = _had(user, tuple(name for name in wanted if name in allowed))
    return {name: value for name, value in found.items() if (fits := wanted[name]) is None or value in fits}


def _had(user: User, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: SOURCES[name](user) for name in names}
    return {name: value for name, value in found.items() if value not in (None, "", {})}
