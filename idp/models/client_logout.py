"""Where an app hears that a session has ended.

OIDC Back-Channel Logout section 2.2, OIDC Front-Channel Logout section 2.
"""

from django.db import models

from idp.outbound import check_address
from idp.protocol.errors import InvalidRedirectUri
from idp.protocol.redirects import check_registrable, origin


class WithLogout(models.Model):
    """The part of a client that is about signing out."""

    backchannel_logout_uri = models.CharField(
        "back-channel logout URI",
        max_length=2048,
        blank=True,
        help_text="Where its server hears of each session that ends, however it ended.",
    )
    backchannel_logout_session_required = models.BooleanField(
        "back channel needs the session id",
        default=False,
        help_text="Kept for the app; what it is sent always has the session's id.",
    )
    frontchannel_logout_uri = models.CharField(
        "front-channel logout URI",
        max_length=2048,
        blank=True,
        help_text="A page of the app that is loaded, unseen, in the browser of who signs out; on an origin of its "
        "redirect URIs. The back channel also works when there is no browser.",
    )
    frontchannel_logout_session_required = models.BooleanField(
        "front channel needs the session id",
        default=False,
        help_text="Kept for the app; its page is always given the session's id.",
    )

    class Meta:
        abstract = True

    def logout_problems(self, redirect_uris: list[str]) -> dict[str, list[str]]:
        """By field, what is wrong with the addresses, for an app that people return to at `redirect_uris`."""
        found: dict[str, list[str]] = {}
        if self.backchannel_logout_uri:
            found |= _back(self.backchannel_logout_uri)
        if self.frontchannel_logout_uri:
            found |= _front(self.frontchannel_logout_uri, redirect_uris)
        return found


def _back(uri: str) -> dict[str, list[str]]:
    try:
        check_address(uri)
    except ValueError as error:
        return {"backchannel_logout_uri": [str(error)]}
    return {"backchannel_logout_uri": ["The address may not have a fragment."]} if "#" in uri else {}


def _front(uri: str, redirect_uris: list[str]) -> dict[str, list[str]]:
    """Section 2: scheme, host and port are those of a redirect URI; then no stranger's page is framed."""
    try:
        check_registrable(uri, native=False)
    except InvalidRedirectUri as error:
        return {"frontchannel_logout_uri": [error.description]}
    if origin(uri) not in {origin(each) for each in redirect_uris}:
        return {"frontchannel_logout_uri": ["Scheme, host and port have to be those of a redirect URI."]}
    return {}
