"""grant_type=authorization_code (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""

from datetime import datetime

from idp.models import Client
from idp.protocol import resources
from idp.protocol.params import Params
from idp.tokens import codes, refresh
from idp.tokens.issuance import Authorization

NAME = "authorization_code"


def redeem(params: Params, client: Client, jkt: str, now: datetime) -> Authorization:
    redeemed = codes.redeem(
        params.required("code"),
        client=client,
        redirect_uri=params.get("redirect_uri"),
        verifier=params.get("code_verifier"),
        jkt=jkt,
        resource=resources.read(params.each(resources.NAME)),
        now=now,
    )
    grant = redeemed.grant
    refreshable = "refresh_token" in client.grant_types
    return Authorization(
        client,
        grant.scopes,
        redeemed.target,
        grant,
        nonce=grant.nonce,
        refresh_token=refresh.token(grant, grant.generation) if refreshable else "",
    )
