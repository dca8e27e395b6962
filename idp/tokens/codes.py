"""Authorization codes: `grant id . secret`, kept as a digest, redeemed by one conditional UPDATE (S-022 to S-025)."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from accounts import audit
from idp.models import Client, Grant
from idp.protocol import pkce, resources, secrets
from idp.protocol.errors import InvalidGrant
from idp.tokens import bindings, liveness, protection, statements, targets
from idp.tokens.targets import Target

PURPOSE = "authorization code"


def seal(grant: Grant) -> str:
    """Gives an unsaved grant its code, and returns the code: the only time that it is seen."""
    secret = secrets.mint()
    grant.code_digest = secrets.digest(secret, PURPOSE)
    return f"{grant.id}.{secret}"


def find(code: str) -> liveness.Loaded:
    """The grant of a code, by proof of its secret. Raises InvalidGrant."""
    grant_id, _, secret = code.partition(".")
    found = liveness.load(grant_id) if secret and len(code) <= 128 else None
    if found is None or not secrets.matches(secret, found.grant.code_digest, PURPOSE):
        raise InvalidGrant(
            "The code is not one of ours.",
            check="code",
            fault="no sign-in has it" if found is None else "it was cut short or changed",
        )
    return found


@dataclass(frozen=True)
class Redeemed:
    """A sign-in, and what its first access token is for."""

    grant: Grant
    target: Target


def redeem(
    code: str,
    *,
    client: Client,
    redirect_uri: str | None,
    verifier: str | None,
    jkt: str = "",
    resource: tuple[str, ...] = (),
    now: datetime,
) -> Redeemed:
    """What `code` gives, which is spent by this. Checks all, then claims (RFC 6749 section 4.1.3).

    `jkt` is the key that was proven, and the only one that may redeem a code bound to it (RFC 9449 section 10).
    """
    found = find(code)
    grant = found.grant
    if grant.redeemed_at is not None:
        _replayed(grant, client, now)
    if grant.client_id != client.pk:
        raise InvalidGrant("The code was issued to another client.", check="code-app")
    if redirect_uri != grant.redirect_uri:
        raise InvalidGrant(
            "redirect_uri is not the one of the authorization request.",
            check="code-redirect-uri",
            expected=grant.redirect_uri,
            received=redirect_uri or "",
        )
    pkce.prove(grant.code_challenge, verifier)
    bindings.check(grant, jkt)
    if now >= grant.code_expires_at:
        raise InvalidGrant(
            "The code has expired.",
            check="code-age",
            seconds_late=int((now - grant.code_expires_at).total_seconds()),
            lives_for_seconds=int((grant.code_expires_at - grant.created_at).total_seconds()),
        )
    if reason := liveness.why_dead(found, client, now=now):
        raise InvalidGrant("The code is no longer valid.", reason=reason, check="grant-alive", state=reason)
    target = targets.of(resources.narrowed(resource, granted=tuple(grant.resources)), client)
    protection.check_id_token(client, grant.scopes, now=now)
    if not statements.claim(grant, jkt=bindings.for_refresh(client, jkt), now=now):
        _replayed(grant, client, now)
    grant.redeemed_at = grant.rotated_at = now
    return Redeemed(grant, target)


def _replayed(grant: Grant, client: Client, now: datetime) -> NoReturn:
    """A second redemption ends everything that came of the first (S-024), and that stays though we refuse."""
    if liveness.revoke(grant, reason="code replayed", now=now):
        audit.record(
            "grant.code_replayed",
            subject=grant.user,
            client_id=grant.client.client_id,
            outcome="refused",
            presented_by=client.client_id,
        )
    raise InvalidGrant(
        "The code was used before.",
        reason="code replayed",
        check="code-once",
        state="code used before",
        seconds_since_first_use=_since(grant.redeemed_at, now),
    )


def _since(moment: datetime | None, now: datetime) -> int:
    return int((now - moment).total_seconds()) if moment else 0
