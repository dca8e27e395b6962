"""What this room hangs into `accounts.reached`: the apps below a session, from their grants."""

from collections.abc import Collection, Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Q

from accounts import audit, counts, reached
from accounts.middleware import Request
from accounts.models import Session, User
from accounts.reached import Reached
from idp.authorization.consent import extra_words, scope_words
from idp.models import Client, Consent, Grant

MOST = 500  # grants: an app that signs people in silently makes one each time


def of_sessions(sids: Collection[str], now: datetime) -> dict[str, list[Reached]]:
    """One statement for the grants, and one more where one was for an API or a claim by itself."""
    redeemed = Grant.objects.filter(session__in=sids, redeemed_at__isnull=False)
    by_app: dict[tuple[str, int], list[Grant]] = {}
    for grant in redeemed.select_related("client", "session").order_by("-created_at")[:MOST]:
        by_app.setdefault((grant.session_id, grant.client_id), []).append(grant)
    extra = _extra(grant for grants in by_app.values() for grant in grants)
    called = extra_words(extra) if extra else {}
    found: dict[str, list[Reached]] = {}
    for (sid, _), grants in by_app.items():
        found.setdefault(sid, []).append(_app(grants, called, now))
    return {sid: sorted(apps, key=lambda app: app.used, reverse=True) for sid, apps in found.items()}


def _app(grants: list[Grant], called: dict[str, str], now: datetime) -> Reached:
    """All that one app was given in one session, as one; what still lives counts, if anything does."""
    client = grants[0].client
    alive = [grant for grant in grants if _is_alive(grant, now)]
    shown = alive or grants[:1]
    scopes = dict.fromkeys(name for grant in shown for name in grant.scopes)
    untils = [until for grant in alive if (until := _until(grant, client)) and until > now]
    return Reached(
        id=client.client_id,
        name=client.name,
        host=_host(client),
        words=[
            *scope_words(scopes),
            *dict.fromkeys(called[name] for name in _extra(shown)),
        ],
        since=grants[-1].created_at,
        used=max(grant.rotated_at or grant.redeemed_at or grant.created_at for grant in grants),
        until=max(untils, default=None),
        outlives=any(grant.is_offline for grant in alive),
        is_alive=bool(alive) and client.enabled,
    )


def _is_alive(grant: Grant, now: datetime) -> bool:
    """Offline access outlives its session, the rest ends with it (OIDC Core section 11)."""
    session = grant.session
    has_session = session.ended_at is None and session.expires_at > now
    return grant.revoked_at is None and grant.expires_at > now and (grant.is_offline or has_session)


def _until(grant: Grant, client: Client) -> datetime | None:
    """When its refresh token dies, used or not."""
    return grant.refresh_ends(client) if "refresh_token" in client.grant_types else None


def _extra(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Claims and APIs that were asked for one by one."""
    names: dict[str, None] = {}
    for grant in grants:
        names |= dict.fromkeys(name for part in grant.claims.values() for name in part)
        names |= dict.fromkeys(grant.resources)
    return tuple(names)


def _host(client: Client) -> str:
    return urlsplit(client.client_uri).netloc or client.launch_host


def cut(request: Request, session: Session, app: str, now: datetime) -> str:
    """Refresh and access tokens of this session are dead from now on; what was agreed to stays agreed to."""
    grants = Grant.objects.filter(session=session, client__client_id=app, revoked_at=None)
    client = Client.objects.filter(client_id=app).first()
    ended = grants.update(revoked_at=now, revoke_reason="ended by the person in one session")
    if client is None or not ended:
        return ""
    audit.record(
        "grant.ended", request=request, actor=session.user, subject=session.user, client_id=client.client_id,
        sid=session.sid, grants=ended,
    )  # fmt: skip
    return client.name


def names(ids: Collection[str]) -> dict[str, str]:
    return dict(Client.objects.filter(client_id__in=ids).values_list("client_id", "name"))


def revoke(user: User, *, session: Session | None, with_consents: bool, reason: str, now: datetime) -> int:
    """Offline access too: refresh and access tokens are dead from now on."""
    grants = Grant.objects.filter(user=user, revoked_at=None)
    if session is not None:
        grants = grants.filter(session=session)
    if with_consents:
        Consent.objects.filter(user=user).delete()
    return grants.update(revoked_at=now, revoke_reason=reason)


def count(user: User) -> int:
    """Apps that have access, as /account/apps lists them."""
    used = Grant.objects.filter(user=user, revoked_at=None, redeemed_at__isnull=False).values("client")
    agreed = Consent.objects.filter(user=user).values("client")
    return Client.objects.filter(Q(pk__in=used) | Q(pk__in=agreed)).count()


def register() -> None:
    counts.register("apps", count)
    if of_sessions not in reached.branches:
        reached.branches.append(of_sessions)
        reached.cuts.append(cut)
        reached.revokers.append(revoke)
        reached.namers.append(names)
