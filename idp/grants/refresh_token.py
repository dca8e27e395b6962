"""grant_type=refresh_token (RFC 6749 section 6, OIDC Core section 12)."""

from datetime import datetime

from idp.models import Client
from idp.protocol import resources
from idp.protocol.params import Params
from idp.tokens import refresh
from idp.tokens.issuance import Authorization

NAME = "refresh_token"


def redeem(params: Params, client: Client, jkt: str, now: datetime) -> Authorization:
    """Scope and resources may shrink for this answer; the grant keeps its own, so a later refresh may have them all."""
    refreshed = refresh.use(
        params.required("refresh_token"),
        scope=params.get("scope"),
        resource=resources.read(params.each(resources.NAME)),
        client=client,
        jkt=jkt,
        now=now,
    )
    return Authorization(
        client, refreshed.scope, refreshed.target, refreshed.grant, refresh_token=refreshed.token
    )
