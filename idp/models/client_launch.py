"""Where a sign-in at an app may be begun from here (OIDC Core section 4, OIDC Registration section 2)."""

from urllib.parse import urlencode, urlsplit

from django.db import models

from idp.conf import conf
from idp.protocol.errors import InvalidRedirectUri
from idp.protocol.redirects import MAX_LENGTH, check_registrable


class WithLaunch(models.Model):
    """The part of a client that is about opening it from the person's list of apps."""

    initiate_login_uri = models.CharField(
        "login initiation URI",
        max_length=MAX_LENGTH,
        blank=True,
        help_text="A page of the app that begins a sign-in with this provider; people can open it from their apps.",
    )

    class Meta:
        abstract = True

    def launch_problems(self) -> dict[str, list[str]]:
        """By field, what is wrong: https, or http on this machine, and never an app's own scheme."""
        if not self.initiate_login_uri:
            return {}
        try:
            check_registrable(self.initiate_login_uri, native=False)
        except InvalidRedirectUri as error:
            return {"initiate_login_uri": [error.description]}
        return {}

    @property
    def launch_address(self) -> str:
        """The address that begins a sign-in with us; "" where the app has none."""
        uri = self.initiate_login_uri
        return uri and f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': conf().issuer})}"

    @property
    def launch_host(self) -> str:
        """As it goes over the wire (S-083, S-085)."""
        return urlsplit(self.initiate_login_uri).netloc
