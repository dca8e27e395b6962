"""Who calls: a provisioning token, or an access token that an app got for this API by client_credentials.

RFC 7644 section 2, RFC 6750, RFC 9068. The app has to be in IDP_SCIM_APPS, for else whoever manages apps could make one
that writes people (S-130). A person's token opens nothing here.
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from idp.clients import scim_tokens
from idp.endpoints import bearer
from idp.protocol.errors import InsufficientScope, InvalidBearer
from idp.scim.calls import Caller, address

READ, WRITE, VOUCH = "scim:read", "scim:write", "scim:vouch"


def identify(request: HttpRequest, *, now: datetime) -> Caller:
    """Raises the errors of RFC 6750 section 3.1."""
    scheme, value = bearer.credentials(request)
    if scheme == bearer.BEARER and value.startswith(scim_tokens.PREFIX):
        token = scim_tokens.find(value, now=now)
        return Caller(f"token:{token.client}", may_write=token.may_write, vouches=token.vouches)
    return _app(request, now=now)


def _app(request: HttpRequest, *, now: datetime) -> Caller:
    token = bearer.access_token(request, now=now)
    audience = token.claims["aud"]
    if address() not in (audience if isinstance(audience, list) else [audience]):
        raise InvalidBearer("The access token is for another API.")
    if token.client.client_id not in settings.SCIM_APPS:
        raise InsufficientScope("This app is none of those that may provision people.")
    if token.grant is not None:
        raise InvalidBearer("The access token is a person's: ask for one by client_credentials.")
    scope = set(token.scope)
    if not scope & {READ, WRITE}:
        raise InsufficientScope("The access token lacks the scope scim:read.")
    client_id = token.client.client_id
    return Caller(f"app:{client_id}", may_write=WRITE in scope, vouches=VOUCH in scope, client_id=client_id)


def may_write(caller: Caller) -> None:
    if not caller.may_write:
        raise InsufficientScope("This client may read, and not write.")
