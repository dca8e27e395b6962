"""Whether a grant still lives: the one re-check of person, app, groups, consent and session (S-032, S-111).

Asked at every refresh, and whenever one of our own endpoints is shown an access token.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Subquery, Value

from accounts import sessions
from idp.models import Client, Consent, Grant, RevokedToken


class LoadedGrant(Grant):
    """A grant with what `why_dead` needs beside it, from one statement."""

    consented_scope: str | None
    may_use: bool
    token_revoked: bool

    class Meta:
        proxy = True
        default_permissions = ()


def load(grant_id: str, *, jti: str = "") -> LoadedGrant | None:
    """The grant with its person, session and client; `jti` asks also whether that one token was revoked."""
    consent = Consent.objects.filter(user=OuterRef("user"), client=OuterRef("client")).values("scope")[:1]
    revoked = Exists(RevokedToken.objects.filter(jti=jti)) if jti else Value(False)
    return (
        LoadedGrant.objects.select_related("user", "session__user", "client")
        .annotate(consented_scope=Subquery(consent), may_use=may_use_condition(), token_revoked=revoked)
        .filter(pk=grant_id)
        .first()
    )


def may_use_condition() -> Q:
    """The client is for everybody, or for a group that the person is in."""
    restricted = Client.groups.through.objects.filter(client=OuterRef("client"))
    member = restricted.filter(group__user=OuterRef("user"))
    return ~Exists(restricted) | Exists(member)


def why_dead(grant: LoadedGrant, *, now: datetime) -> str:
    """Why nothing may be issued or answered for this grant any more; "" while it lives."""
    client = grant.client
    if grant.revoked_at is not None:
        return f"revoked: {grant.revoke_reason}"
    if not client.enabled:
        return "the app is disabled"
    if not grant.user.is_active:
        return "the person is disabled"
    if not grant.may_use:
        return "the person is in none of the app's groups"
    if not client.first_party and not set(grant.scopes) <= set((grant.consented_scope or "").split()):
        return "the person's consent was withdrawn"
    if not set(grant.scopes) <= set(client.scopes):
        return "the app may no longer have these scopes"
    if not grant.is_offline and not sessions.live(grant.session, now):
        return "the session has ended"
    if grant.token_revoked:
        return "this token was revoked"
    return ""


def revoke(grant: Grant, *, reason: str, now: datetime) -> bool:
    """Ends a grant and all that came of it; whether it lived until now."""
    return bool(
        Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now, revoke_reason=reason)
    )
