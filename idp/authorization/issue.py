"""From a decision to an answer: the one row of a sign-in at an app, and what its response type sends right away.

RFC 6749 section 4.1.2, OIDC Core sections 3.1.2.5, 3.2.2.5 and 3.3.2.5.
"""

from datetime import datetime

from django.http import HttpRequest

from accounts import audit
from accounts.models import Session
from accounts.prepared import execute_together, insertion
from idp.authorization.request import AuthorizationRequest
from idp.conf import conf
from idp.models import Grant
from idp.protocol import levels
from idp.tokens import codes, targets
from idp.tokens.access import access_token
from idp.tokens.id_token import id_token


def answer(
    request: HttpRequest, asked: AuthorizationRequest, session: Session, *, now: datetime
) -> dict[str, str]:
    """Writes the grant, and says so in the audit log; returns the parameters of the answer."""
    grant = _grant(asked, session, now=now)
    code = codes.seal(grant) if asked.response_type.code else ""
    if not code:
        grant.redeemed_at = grant.rotated_at = now  # there is nothing to redeem: it lives from here on
    told = audit.recording(
        "grant.issued",
        request=request,
        actor=session.user,
        client_id=asked.client.client_id,
        scope=grant.scope,
    )
    execute_together([insertion(grant), *told])
    front = _front_channel(asked, grant, code, now=now)
    return {"code": code, **front} if code else front


def _grant(asked: AuthorizationRequest, session: Session, *, now: datetime) -> Grant:
    return Grant(
        client=asked.client,
        user=session.user,
        session=session,
        scope=" ".join(asked.scope),
        claims=asked.claims.wanted,
        resources=list(asked.resources),
        auth_time=session.auth_time,
        acr=levels.level(session.amr, asked.acr_values, conf().acr_ladder) if asked.wants_acr else "",
        amr=session.amr,
        created_at=now,
        code_expires_at=now + conf().code_lifetime,
        redirect_uri=asked.address.uri,
        code_challenge=asked.code_challenge,
        dpop_jkt=asked.dpop_jkt,
        nonce=asked.nonce,
        expires_at=now + asked.client.refresh_lifetime,
    )


def _front_channel(asked: AuthorizationRequest, grant: Grant, code: str, *, now: datetime) -> dict[str, str]:
    """Tokens that go through the browser: no refresh token, and claims in the ID token only if there is no other way.

    An address stays in the history of the browser, so where userinfo can be asked the claims wait there
    (OIDC Core sections 3.3.2.11 and 5.4 leave both open).
    """
    kind, client, params = asked.response_type, asked.client, {}
    if kind.token:
        target = targets.of(asked.resources, client)
        params = {
            "access_token": access_token(client, target, grant=grant, scope=asked.scope, now=now),
            "token_type": "Bearer",
            "expires_in": str(int(target.lifetime.total_seconds())),
            "scope": " ".join(target.of(asked.scope)),
        }
    if kind.id_token:
        beside = {
            "at_hash": params.get("access_token", ""),
            "c_hash": code,
            "s_hash": asked.address.state or "",
        }
        params["id_token"] = id_token(
            grant,
            client,
            of_scope=() if kind.code or kind.token else asked.scope,
            beside={name: value for name, value in beside.items() if value},
            nonce=asked.nonce,
            now=now,
        )
    return params
