"""From a decision to a code: the one row of a sign-in at an app (RFC 6749 section 4.1.2)."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import Session
from accounts.prepared import insert
from idp.authorization.request import AuthorizationRequest
from idp.conf import conf
from idp.models import Grant
from idp.tokens import codes


def code(request: HttpRequest, asked: AuthorizationRequest, session: Session, *, now: datetime) -> str:
    """Writes the grant, and says so in the audit log; returns the authorization code."""
    client = asked.client
    grant = Grant(
        client=client,
        user=session.user,
        session=session,
        scope=" ".join(asked.scope),
        auth_time=session.auth_time,
        acr=session.acr,
        amr=session.amr,
        created_at=now,
        code_expires_at=now + conf().code_lifetime,
        redirect_uri=asked.address.uri,
        code_challenge=asked.code_challenge,
        nonce=asked.nonce,
        expires_at=now + client.refresh_lifetime,
    )
    value = codes.seal(grant)
    with transaction.atomic():
        insert(grant)
        audit.record(
            "grant.issued", request=request, actor=session.user, client_id=client.client_id, scope=grant.scope
        )
    return value
