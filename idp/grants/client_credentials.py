"""grant_type=client_credentials (RFC 6749 section 4.4): a machine, no person, nothing written (S-043)."""

from datetime import datetime

from idp.models import Client
from idp.protocol import resources
from idp.protocol.errors import InvalidScope
from idp.protocol.params import Params
from idp.protocol.scopes import KNOWN
from idp.tokens import targets
from idp.tokens.issuance import Authorization

NAME = "client_credentials"


def redeem(params: Params, client: Client, jkt: str, now: datetime) -> Authorization:
    """Scopes about a person mean nothing here: only the app's own scopes are granted, all of them by default."""
    target = targets.of(resources.read(params.each(resources.NAME)), client)
    own = target.of(tuple(name for name in client.scopes if name not in KNOWN))
    asked = params.get("scope")
    if asked is None:
        return Authorization(client, own, target)
    scope = tuple(dict.fromkeys(name for name in asked.split(" ") if name in own))
    if not scope:
        raise InvalidScope(
            "None of the scopes asked for is allowed for this app without a person.",
            check="scope-machine",
            expected=own,
            received=asked.split(" "),
        )
    return Authorization(client, scope, target)
