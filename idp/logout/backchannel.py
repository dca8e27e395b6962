"""OIDC Back-Channel Logout 1.0: the logout token (section 2.4), and one request to one app (sections 2.5 and 2.8)."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError

from idp import claims
from idp.conf import conf
from idp.logout import outbox
from idp.models import LogoutNotice
from idp.outbound import Unreachable, fetch
from idp.protocol.secrets import mint
from idp.tokens import protection

TYP = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = timedelta(minutes=2)  # section 4: short, since it is used at once
log = logging.getLogger(__name__)

Problem = LogoutNotice.Problem
_PROBLEMS = {"redirect": Problem.REDIRECT, "too large": Problem.TOO_LARGE, "too slow": Problem.TOO_SLOW}


def token(notice: LogoutNotice, *, now: datetime) -> str:
    """A logout token, protected as the app's ID tokens are (section 2.4); new at each try, so that no app takes the
    second for a replay of the first.
    """
    issued = int(now.timestamp())
    payload = {
        "iss": conf().issuer,
        "sub": notice.sub,
        "aud": notice.client.client_id,
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
        "jti": mint(16),
        "sid": claims.session_id(notice.sid, notice.client),
        "events": {EVENT: {}},
    }
    client = notice.client
    signed = protection.signed(
        payload, client, typ=TYP, algorithm=client.id_token_signed_response_alg, now=now
    )
    return protection.encrypted(signed, client, "id_token", now=now)


def deliver_next(now: datetime) -> LogoutNotice | None:
    """Tells one app of what is due, whatever comes of it; None when nothing is."""
    notice = outbox.claim(now)
    if notice is None:
        return None
    status, problem = _send(notice, now)
    if problem:
        log.warning("logout notice %s at %s: %s", notice.pk, notice.client.client_id, problem)
        outbox.failed(notice, problem, status, now)
    else:
        outbox.told(notice, status or 0, now)
    return notice


def _send(notice: LogoutNotice, now: datetime) -> tuple[int | None, str]:
    """The status of the answer, and what is wrong with it; section 2.8, where frameworks make a 204 of a 200."""
    uri = notice.client.backchannel_logout_uri
    if not uri:
        return None, Problem.NO_ADDRESS
    try:
        answer = fetch(uri, method="POST", data={"logout_token": token(notice, now=now)})
    except Unreachable as error:
        return None, _PROBLEMS.get(error.reason, Problem.UNREACHABLE)
    except DatabaseError:
        raise
    except Exception:  # one notice that can't be made must not stand before all others
        log.exception("logout notice %s", notice.pk)
        return None, Problem.UNSENT
    return answer.status, "" if 200 <= answer.status < 300 else Problem.REFUSED
