"""grant_type=urn:ietf:params:oauth:grant-type:device_code (RFC 8628 sections 3.4 and 3.5)."""

from datetime import datetime

from idp.models import Client
from idp.protocol.params import Params
from idp.tokens import devices, refresh, targets
from idp.tokens.issuance import Authorization

NAME = Client.GrantType.DEVICE.value


def redeem(params: Params, client: Client, jkt: str, now: datetime) -> Authorization:
    grant = devices.redeem(params.required("device_code"), client=client, jkt=jkt, now=now)
    refreshable = "refresh_token" in client.grant_types
    return Authorization(
        client,
        grant.scopes,
        targets.of((), client),
        grant,
        refresh_token=refresh.token(grant, grant.generation) if refreshable else "",
    )
