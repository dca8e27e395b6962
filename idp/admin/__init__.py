"""Apps, and what people granted them, in Django admin."""

from idp.admin import dashboard, doctor
from idp.admin.api import ApiAdmin
from idp.admin.claim import Claims
from idp.admin.client import ClientAdmin
from idp.admin.consent import ConsentAdmin
from idp.admin.grant import GrantAdmin
from idp.admin.logout import LogoutNoticeAdmin
from idp.admin.refusals import Refusals
from idp.admin.registration_token import RegistrationTokenAdmin
from idp.admin.scim import ScimTokenAdmin
from idp.admin.upstream import UpstreamAdmin

__all__ = [
    "ApiAdmin",
    "Claims",
    "ClientAdmin",
    "ConsentAdmin",
    "GrantAdmin",
    "LogoutNoticeAdmin",
    "Refusals",
    "RegistrationTokenAdmin",
    "ScimTokenAdmin",
    "UpstreamAdmin",
]

dashboard.register()
doctor.register()
