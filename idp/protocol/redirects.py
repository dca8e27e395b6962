"""Addresses of apps: which may be registered (S-004), and when one sent is one registered (S-001, S-002).

RFC 9700 section 2.1, RFC 8252 sections 7.1 and 7.3, OIDC Registration section 2.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from idp.protocol.errors import InvalidRedirectUri

MAX_LENGTH = 2048
_REFUSED_SCHEMES = {"javascript", "data", "vbscript", "file", "blob", "about", "ws", "wss", "ftp"}
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")  # a reversed domain: RFC 8252 section 7.1
_LOOPBACK_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([0-9]{1,5}))?(?=[/?]|$)")


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        _ = parts.port, parts.hostname  # both raise for what no browser could open
    except ValueError as error:
        raise InvalidRedirectUri("The address can't be parsed.") from error
    return parts


def check_registrable(uri: str, *, native: bool) -> None:
    """Raises InvalidRedirectUri, saying why, unless `uri` may be registered for an app."""
    if fault := _unfit_characters(uri):
        raise InvalidRedirectUri(fault)
    parts = _split(uri)
    scheme = parts.scheme
    if not scheme or scheme in _REFUSED_SCHEMES:
        raise InvalidRedirectUri("The address has to be absolute, with a scheme that leads to an app.")
    if "#" in uri:
        raise InvalidRedirectUri("The address may not have a fragment.")
    if "*" in uri.partition("?")[0]:
        raise InvalidRedirectUri("The address may not have a wildcard: register each one.")
    if scheme in ("http", "https"):
        _check_web(parts)
    elif not native or not _PRIVATE_SCHEME.fullmatch(scheme):
        raise InvalidRedirectUri("Only a native app may use its own scheme, named like com.example.app.")


def _unfit_characters(uri: str) -> str:
    """What is wrong with them, in words; empty when nothing is."""
    if not isinstance(uri, str) or not uri:
        return "The address has to be a text such as https://app.example.com/callback."
    if len(uri) > MAX_LENGTH:
        return f"The address has to be at most {MAX_LENGTH} characters long."
    if " " in uri:
        return "The address may not have a space."
    if not _VISIBLE.fullmatch(uri) or "\\" in uri:
        return "The address has to be of visible ASCII characters, without a backslash."
    return ""


def _check_web(parts: SplitResult) -> None:
    if not parts.netloc or not parts.hostname or not re.fullmatch(r"[A-Za-z0-9.:_\[\]-]+", parts.netloc):
        raise InvalidRedirectUri("The address has to name a host, without user name or password.")
    if parts.hostname.strip(".") == "":
        raise InvalidRedirectUri("The address has to name a host.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise InvalidRedirectUri("http is for this machine only (127.0.0.1, [::1], localhost); use https.")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_port(uri: str) -> str | None:
    """A loopback address by number without its port, or None for any other, and for a port that there is not."""
    found = _LOOPBACK_PORT.match(uri)
    if found is None or int(found[2] or 0) > 65535:
        return None
    return found[1] + uri[found.end() :]


def matches(uri: str, registered: tuple[str, ...], *, native: bool) -> bool:
    """Whether `uri` is one of `registered`, byte for byte; a native app's loopback port may vary (S-002)."""
    if uri in registered:
        return True
    bare = _without_port(uri) if native else None
    return bare is not None and any(bare == _without_port(known) for known in registered)


def origin(uri: str) -> str:
    """What a Content-Security-Policy names for `uri`: its origin, or `scheme:` for an app's own scheme."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def browser_origin(uri: str) -> str:
    """The origin of a web address as a browser spells it: in lower case, without the scheme's own port."""
    parts = urlsplit(uri)
    usual = {"http": 80, "https": 443}
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.removesuffix(f':{parts.port}') if parts.port == usual.get(parts.scheme) else host}"
