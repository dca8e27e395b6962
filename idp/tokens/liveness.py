"""Whether a grant still lives: the one re-check of person, app, groups, consent and session (S-032, S-111).

Asked at every refresh, and whenever one of our own endpoints is shown an access token.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts import sessions
from accounts.prepared import Parameter, Prepared
from idp.clients import registry
from idp.conf import conf
from idp.models import Client, Consent, Grant, RevokedToken
from idp.protocol import levels


@dataclass(frozen=True)
class Loaded:
    """A grant with its person and session, and what else `why_dead` needs, from one statement."""

    grant: Grant
    consented: frozenset[str]
    token_revoked: bool


# What neither liveness nor a token asks; each column costs a conversion. Attributes stay: a mapping may release them,
# and asking for them then would cost a statement, against 1.5 µs.
_NOT_NEEDED = (
    *(
        f"user__{name}"
        for name in ("password", "last_login", "is_staff", "is_superuser", "must_change_password")
    ),
    *(f"user__{name}" for name in ("disabled_at", "created_at", "email_verified_by", "username_display")),
    *(f"session__{name}" for name in ("token_hash", "created_at", "auth_time", "amr", "acr", "address")),
    *(f"user__{name}" for name in ("password_by_mail", "terms_version", "terms_accepted_at")),
    *(f"user__{name}" for name in ("enrol_by", "deletion_at")),
    *(f"session__{name}" for name in ("user_agent", "end_reason", "impersonated_by", "unfamiliar")),
)


def _query() -> QuerySet[Grant]:
    consent = Consent.objects.filter(user=OuterRef("user"), client=OuterRef("client")).values("scope")[:1]
    return (
        Grant.objects.filter(pk=Parameter("grant_id"))
        .select_related("user", "session")
        .defer(*_NOT_NEEDED)
        .annotate(
            consented_scope=Subquery(consent),
            token_revoked=Exists(RevokedToken.objects.filter(jti=Parameter("jti"))),
        )
    )


_find = Prepared(_query)


def load(grant_id: str, *, jti: str = "") -> Loaded | None:
    """`jti` asks also whether that one access token was revoked."""
    grant = _find(grant_id=grant_id, jti=jti)
    if grant is None:
        return None
    grant.session.user = grant.user
    consented = frozenset((grant.consented_scope or "").split())  # type: ignore[attr-defined]  # annotated
    return Loaded(grant, consented, bool(grant.token_revoked))  # type: ignore[attr-defined]


def why_dead(loaded: Loaded, client: Client, *, now: datetime) -> str:
    """Why nothing may be issued or answered for this grant of `client` any more; "" while it lives."""
    grant, scope = loaded.grant, set(loaded.grant.scopes)
    if grant.revoked_at is not None:
        return f"revoked: {grant.revoke_reason}"
    if not grant.user.is_active:
        return "the person is disabled"
    if not registry.may_use(client, grant.user):
        return "the person is in none of the app's groups"
    if not client.first_party and not scope <= loaded.consented:
        return "the person's consent was withdrawn"
    if not scope <= set(client.scopes):
        return "the app may no longer have these scopes"
    wanted = client.required_levels
    if wanted and not levels.is_reached(grant.amr, wanted, conf().acr_ladder):
        return "the app now asks for a stronger sign-in"
    if not grant.is_offline and not sessions.live(grant.session, now):
        return "the session has ended"
    if loaded.token_revoked:
        return "this token was revoked"
    return ""


def revoke(grant: Grant, *, reason: str, now: datetime) -> bool:
    """Ends a grant and all that came of it; whether it lived until now."""
    return bool(
        Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now, revoke_reason=reason)
    )
