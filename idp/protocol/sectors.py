"""The sector of an app with pairwise subjects: apps of one sector know a person by one name (OIDC Core section 8.1)."""

from collections.abc import Collection
from urllib.parse import urlsplit

from idp.protocol.redirects import is_loopback


class SeveralHosts(ValueError):
    """The redirect URIs don't say which sector it is."""


def sector_identifier(uri: str, redirect_uris: Collection[str], client_id: str) -> str:
    """The host of the sector document at `uri`, or the one host of the redirect URIs. Raises SeveralHosts.

    An app that returns to no host of its own (a device, an installed app with a scheme or a loopback address, which
    every installed app has) is a sector by itself.
    """
    hosts = {urlsplit(uri).hostname or ""} if uri else {_host(each) for each in redirect_uris}
    if len(hosts) > 1:
        raise SeveralHosts
    host = next(iter(hosts), "")
    return host or f"client:{client_id}"


def _host(uri: str) -> str:
    """In lower case, without the port; "" for what is no host that belongs to somebody."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    return host if parts.scheme in ("http", "https") and not is_loopback(host) else ""
