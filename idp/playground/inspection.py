"""What this provider knows of a token of its own: signature, key, app, session, grant, and each claim's source.

Only what `visible_to` lets through is shown: people see their own tokens, admins everybody's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser

from accounts import sessions
from accounts.models import Session, User
from idp.claims import SOURCES, subject
from idp.clients import registry
from idp.conf import conf
from idp.models import ClaimMapping, Client, Grant, RevokedToken
from idp.playground.meanings import CLAIMS, scope_of
from idp.tokens import access, liveness
from keys.algorithms import ALGORITHMS
from keys.ring import ring
from keys.timeline import moment, why
from keys.verification import InvalidToken, unproven, verify

# By typ, in lower case; JWT is the least telling of them.
KINDS = {
    access.TYP: "access token",
    "jwt": "ID token",
    "logout+jwt": "logout token",
    "token-introspection+jwt": "introspection answer",
}


@dataclass(frozen=True)
class Fact:
    """One thing that is known; `good` None says that it is neither good nor bad."""

    name: str
    good: bool | None
    text: str


@dataclass(frozen=True)
class Token:
    """A token that could be read. `proven` says that this provider signed it, by a key that was not revoked."""

    header: dict[str, Any]
    claims: dict[str, Any]
    proven: bool
    reason: str

    @property
    def kind(self) -> str:
        return KINDS.get(str(self.header.get("typ", "")).lower(), "token")

    def is_expired(self, now: datetime) -> bool:
        exp = self.claims.get("exp")
        return isinstance(exp, int | float) and not isinstance(exp, bool) and exp <= now.timestamp()

    def is_of(self, user: User | AnonymousUser) -> bool:
        """Also when the app, whose say the `sub` is, was switched off meanwhile."""
        if not (self.proven and user.is_authenticated):
            return False
        client = Client.objects.filter(client_id=client_id_of(self)).first()
        return bool(self.claims.get("sub") == (subject(user, client) if client else str(user.pk)))


def read(text: str, *, now: datetime) -> Token | None:
    """None for what is no JWT of three parts."""
    token = "".join(text.split())
    try:
        header, claims = unproven(token)
    except InvalidToken:
        return None
    try:
        verify(
            token,
            purpose="inspection",
            algorithms=ALGORITHMS,
            keys=ring(now).hint_keys,
            issuer=conf().issuer,
            audience=None,
            typ=tuple(KINDS),
            now=now,
            check_expiry=False,
            must_expire=False,
        )
    except InvalidToken as refusal:
        return Token(header, claims, proven=False, reason=refusal.reason)
    return Token(header, claims, proven=True, reason="")


def visible_to(user: User | AnonymousUser, token: Token) -> bool:
    """Whether somebody may know what became of a token (S-062 is the same for apps)."""
    return token.proven and (token.is_of(user) or user.has_perm("idp.view_grant"))


def facts(token: Token, *, now: datetime) -> Iterator[Fact]:
    """All that is known of a token of ours, the signature first."""
    yield Fact("Signature", True, "Right, and by a key of this provider.")
    yield _key(token, now)
    yield _time(token, now)
    client = registry.find(client_id_of(token))
    yield _app(client, token)
    grant, session = _grant(token, client), _session(token)
    if session is not None:
        yield _about_session(session, now)
    if grant is not None and client is not None:
        yield _about_grant(grant, client, token, now)
    elif token.kind == "access token":
        yield _about_machine_token(token)


def sources(token: Token) -> dict[str, str]:
    """Where each claim of a token of ours came from, in words."""
    client = registry.find(client_id_of(token))
    grant = _grant(token, client)
    own = {mapping.claim: mapping for mapping in client.claim_mappings} if client else {}
    return {name: source_of(name, grant, own.get(name)) for name in token.claims}


def source_of(name: str, grant: Grant | None, own: ClaimMapping | None) -> str:
    """Where a claim of what this grant gave came from, in words; `own` is the admin's mapping of that name."""
    if own is not None and grant is not None and own.scope in grant.scopes:
        return f"a claim of this provider's own, from {own.source}, by the scope {own.scope}"
    if name in SOURCES and grant is not None:
        if scope := scope_of(name, grant.scopes):
            return f"the scope {scope}"
        if any(name in asked for asked in grant.claims.values() if isinstance(asked, dict)):
            return "the request's claims parameter"
    return CLAIMS[name].source if name in CLAIMS else "not known here"


def client_id_of(token: Token) -> str:
    """An access token says it; an ID token is for one app, its audience."""
    named = token.claims.get("client_id") or token.claims.get("aud")
    named = named[0] if isinstance(named, list) and named else named
    return named if isinstance(named, str) else ""


def _key(token: Token, now: datetime) -> Fact:
    row = next(row for row in ring(now).rows if row.kid == token.header.get("kid"))
    return Fact(f"Key {row.short_kid}", True, why(row, now))


def _time(token: Token, now: datetime) -> Fact:
    if "exp" not in token.claims:
        return Fact("Time", None, "It has no exp: it is an answer, and opens nothing.")
    at = moment(datetime.fromtimestamp(token.claims["exp"], UTC))
    if token.is_expired(now):
        return Fact("Time", False, f"Expired on {at}.")
    return Fact("Time", True, f"Until {at}.")


def _app(client: Client | None, token: Token) -> Fact:
    if client is None:
        return Fact("App", False, "The app is gone or switched off, so nothing is taken from it any more.")
    return Fact("App", True, f"{client.name} ({client.client_id}), switched on.")


def _session(token: Token) -> Session | None:
    sid = token.claims.get("sid")
    return Session.objects.select_related("user").filter(pk=sid).first() if isinstance(sid, str) else None


def _about_session(session: Session, now: datetime) -> Fact:
    if sessions.live(session, now):
        return Fact("Session", True, f"Lives, since {moment(session.auth_time)}.")
    ended = f"Ended on {moment(session.ended_at)}." if session.ended_at else "Over: idle or old for too long."
    return Fact("Session", False, ended)


def _grant(token: Token, client: Client | None) -> Grant | None:
    """An access token's jti begins with its grant; an ID token's is the newest of its session at its app."""
    grant_id, _, own = str(token.claims.get("jti", "")).partition(".")
    if own:
        return Grant.objects.filter(pk=grant_id).first()
    sid = token.claims.get("sid")
    if client is None or not isinstance(sid, str):
        return None
    return Grant.objects.filter(session_id=sid, client=client).order_by("-created_at").first()


def _about_grant(grant: Grant, client: Client, token: Token, now: datetime) -> Fact:
    jti = str(token.claims.get("jti", ""))
    loaded = liveness.load(grant.pk, jti=jti if token.kind == "access token" else "")
    reason = liveness.why_dead(loaded, client, now=now) if loaded else "gone"
    if reason:
        return Fact("Grant", False, f"Ended: {reason}. Userinfo and introspection refuse the token.")
    return Fact("Grant", True, "Lives: the sign-in that this token came from still holds.")


def _about_machine_token(token: Token) -> Fact:
    if RevokedToken.objects.filter(jti=str(token.claims.get("jti", ""))).exists():
        return Fact("Grant", False, "This token was revoked.")
    return Fact("Grant", None, "A machine's token: there is no person and no session behind it.")
