"""Whether people are shown an app's logo, which their browsers would load from the app's own address (S-071, S-081)."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")  # what may stand in a Content-Security-Policy


class WithLooks(models.Model):
    """The part of a client that is about its logo; `logo_uri` itself is with the other addresses."""

    show_logo = models.BooleanField(
        "shows its logo",
        default=False,
        db_default=False,
        help_text="On the sign-in and consent pages, where people's browsers load it from its address.",
    )

    class Meta:
        abstract = True

    logo_uri: str

    @property
    def logo_origin(self) -> str:
        """The one other origin that such a page may load a picture from; "" where it shows none."""
        parts = urlsplit(self.logo_uri) if self.show_logo else urlsplit("")
        fits = parts.scheme == "https" or (parts.scheme == "http" and settings.LOCAL)
        return f"{parts.scheme}://{parts.netloc}" if fits and _HOST.fullmatch(parts.netloc) else ""

    @property
    def logo_sources(self) -> list[str]:
        """As such a page's response takes it."""
        return [self.logo_origin] if self.logo_origin else []

    @property
    def shown_logo(self) -> str:
        return self.logo_uri if self.logo_origin else ""
