"""What an app would be told about a person: tokens and userinfo by the code that issues, never signed or given out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts.models import User
from idp import claims
from idp.clients import registry
from idp.models import Client, Grant
from idp.playground.inspection import source_of
from idp.playground.meanings import scope_of
from idp.protocol.scopes import KNOWN
from idp.tokens import access, id_token, targets

KINDS = ("ID token", "Access token", "Userinfo")
# What is another one at each sign-in.
_FRESH = {"jti": "(new each time)", "sid": "(the session's)", "at_hash": "(of the access token)"}
_TIMES = ("iat", "exp", "nbf", "auth_time", "updated_at")  # each a NumericDate
_NEVER = 253_402_300_800  # the year 10000, for which Python has no moment
Wanted = Mapping[str, Mapping[str, list[Any] | None]]


@dataclass(frozen=True)
class Answer:
    """What the app gets for one person with one set of scopes; `refusal` says why it would get nothing."""

    user: User
    scope: tuple[str, ...]
    grant: Grant
    said: Mapping[str, Mapping[str, Any]]
    refusal: str


@dataclass(frozen=True)
class Row:
    claim: str
    source: str
    values: tuple[str, ...]  # one an answer, "" where it is not in there

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def answer(user: User, client: Client, scope: tuple[str, ...], wanted: Wanted, *, now: datetime) -> Answer:
    """As after a sign-in by password just now. Nothing is saved."""
    grant = Grant(
        id="preview", user=user, client=client, session_id="preview", scope=" ".join(scope),
        claims={name: dict(asked) for name, asked in wanted.items()}, auth_time=now, created_at=now, amr=["pwd"],
    )  # fmt: skip
    return Answer(user, scope, grant, _said(grant, client, now), _refusal(client, user))


def _said(grant: Grant, client: Client, now: datetime) -> dict[str, dict[str, Any]]:
    scope = grant.scopes
    of_id_token: dict[str, Any] = {}
    if "openid" in scope:
        of_scope = id_token.beside_a_code(client, scope)
        beside = {"at_hash": ""}
        of_id_token = id_token.payload(grant, client, of_scope=of_scope, beside=beside, nonce="", now=now)
    of_access = access.payload(client, targets.of((), client), grant=grant, scope=scope, now=now)
    of_userinfo = (
        claims.userinfo(grant.user, client, scope, grant.claims.get("userinfo", {}))
        if "openid" in scope
        else {}
    )
    found = zip(KINDS, (of_id_token, of_access, of_userinfo), strict=True)
    return {kind: {name: _FRESH.get(name, value) for name, value in said.items()} for kind, said in found}


def _refusal(client: Client, user: User) -> str:
    if not client.enabled:
        return "The app is switched off: nobody can sign in with it."
    if not user.is_active:
        return "The person is disabled: they can't sign in anywhere."
    if not registry.may_use(client, user):
        return "The person is in none of the groups that may use this app, so it would get access_denied."
    return ""


def tables(answers: list[Answer], client: Client) -> list[tuple[str, list[Row]]]:
    """A table for each kind of answer: every claim, where it came from, and its value in each answer."""
    return [(kind, list(_rows(kind, answers, client))) for kind in KINDS]


def _rows(kind: str, answers: list[Answer], client: Client) -> Iterator[Row]:
    own = {mapping.claim: mapping for mapping in client.claim_mappings}
    for name in dict.fromkeys(name for each in answers for name in each.said[kind]):
        having = next(each for each in answers if name in each.said[kind])
        values = tuple(
            _value(name, each.said[kind][name]) if name in each.said[kind] else "" for each in answers
        )
        yield Row(name, source_of(name, having.grant, own.get(name)), values)


def _value(name: str, value: Any) -> str:
    """As JSON; beside a NumericDate (RFC 7519 section 2) the moment that it is."""
    shown = json.dumps(value, ensure_ascii=False)
    if name not in _TIMES or type(value) is not int or not 0 <= value < _NEVER:  # a mapping may say anything
        return shown
    return f"{shown} = {datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"


def missing(given: Answer, client: Client) -> list[tuple[str, str]]:
    """Each claim about people that is not in userinfo, and why."""
    own = {mapping.claim: mapping.scope for mapping in client.claim_mappings}
    needs = {name: own.get(name) or scope_of(name) for name in (*claims.SOURCES, *own)}
    lean = [
        (name, "It is in userinfo only: this app's ID token is lean.")
        for name in given.said["Userinfo"]
        if client.lean_id_token and name not in given.said["ID token"]
    ]
    return lean + [
        (name, _why(scope, given, client))
        for name, scope in needs.items()
        if name not in given.said["Userinfo"]
    ]


def _why(scope: str, given: Answer, client: Client) -> str:
    if "openid" not in given.scope:
        return "Without the scope openid there is no ID token and no userinfo."
    if scope in given.scope:
        return "This person has none."
    if scope in client.scopes:
        return f"The app did not ask for the scope {scope}."
    return f"The app may not ask for the scope {scope}: allow it under Settings."


def allowed(asked: str, client: Client) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scopes asked for that this app may have, and those that would be left out."""
    names = tuple(dict.fromkeys(asked.split()))
    kept = tuple(name for name in names if name in client.scopes)
    return kept, tuple(name for name in names if name not in kept)


def usual_scope(client: Client) -> str:
    """What most apps ask for: all of what they may, without offline_access."""
    known = [name for name in client.scopes if name != "offline_access"]
    return " ".join(sorted(known, key=lambda name: (name not in KNOWN, client.scopes.index(name))))
