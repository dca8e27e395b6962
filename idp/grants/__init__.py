"""Grant types: a new one is a file and a row. Discovery reads the same table."""

from collections.abc import Callable
from datetime import datetime

from idp.grants import authorization_code, client_credentials, device_code, refresh_token
from idp.models import Client
from idp.protocol.errors import UnauthorizedClient, UnsupportedGrantType
from idp.protocol.params import Params
from idp.tokens.issuance import Authorization

Redeem = Callable[[Params, Client, str, datetime], Authorization]  # the str: a proven key's thumbprint, or ""
GRANTS: dict[str, Redeem] = {
    module.NAME: module.redeem
    for module in (authorization_code, refresh_token, client_credentials, device_code)
}


def grant_for(grant_type: str, client: Client) -> Redeem:
    """Raises UnsupportedGrantType, or UnauthorizedClient when this client may not use it."""
    redeem = GRANTS.get(grant_type)
    if redeem is None:
        raise UnsupportedGrantType(
            f"grant_type has to be one of {', '.join(GRANTS)}.", expected=list(GRANTS), received=grant_type
        )
    if grant_type not in client.grant_types:
        raise UnauthorizedClient(
            "This app may not use that grant_type.", expected=client.grant_types, received=grant_type
        )
    return redeem
