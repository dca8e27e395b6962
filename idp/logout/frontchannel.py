"""OIDC Front-Channel Logout 1.0 section 3: the pages of apps that the browser of who signs out has to load."""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlencode

from idp import claims
from idp.conf import conf
from idp.models import LogoutNotice


def frames(sids: Collection[str], now: datetime) -> list[str]:
    """Their addresses, with `iss` and `sid`; each session's are given out once, and noted as told."""
    waiting = LogoutNotice.objects.filter(
        sid__in=sids, channel=LogoutNotice.Channel.FRONT, told_at=None
    ).exclude(client__frontchannel_logout_uri="")
    chosen = list(waiting.select_related("client__sector").order_by("pk")) if sids else []
    if chosen:
        LogoutNotice.objects.filter(pk__in=[notice.pk for notice in chosen]).update(told_at=now, attempts=1)
    return [
        _address(notice.client.frontchannel_logout_uri, claims.session_id(notice.sid, notice.client))
        for notice in chosen
    ]


def _address(uri: str, sid: str) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': conf().issuer, 'sid': sid})}"
