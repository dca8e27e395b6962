"""What the protocol remembers: apps, what people agreed to, and one row a sign-in of a person at an app."""

from idp.models.api import Api
from idp.models.claim_mapping import ClaimMapping
from idp.models.client import Client, ClientGroup
from idp.models.client_secret import ClientSecret
from idp.models.consent import Consent
from idp.models.device import DeviceAuthorization
from idp.models.grant import Grant, RevokedToken
from idp.models.logout import LogoutNotice
from idp.models.pushed_request import PushedRequest
from idp.models.registration import RegistrationToken
from idp.models.replay import UsedToken
from idp.models.saved_request import SavedRequest
from idp.models.scim import ScimExternalId, ScimPerson, ScimToken
from idp.models.sector import Sector
from idp.models.trace import Trace
from idp.models.upstream import Upstream, UpstreamVisit

__all__ = [
    "Api",
    "ClaimMapping",
    "Client",
    "ClientGroup",
    "ClientSecret",
    "Consent",
    "DeviceAuthorization",
    "Grant",
    "LogoutNotice",
    "PushedRequest",
    "RegistrationToken",
    "RevokedToken",
    "SavedRequest",
    "ScimExternalId",
    "ScimPerson",
    "ScimToken",
    "Sector",
    "Trace",
    "Upstream",
    "UpstreamVisit",
    "UsedToken",
]
