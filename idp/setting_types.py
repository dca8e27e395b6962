"""How the values of the environment are read: each takes text, and raises ValueError saying what it expected."""

import base64
import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
# Of people's pages, each in itself; one is added together with its catalog in idp/locale.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "zh-hans": "简体中文",
    "ar": "العربية",
}
KEY_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")


def boolean(value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ValueError("expected on or off")


def duration(value: str) -> timedelta:
    """Seconds, or a number with a unit: 90s, 10m, 8h, 30d."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", value)
    if not match:
        raise ValueError("expected a duration such as 90s, 10m, 8h or 30d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2] or "s"])


def items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def ladder(value: str) -> dict[str, frozenset[str]]:
    """`level=method+method` pairs, the weakest level first: what a sign-in has to have used for each (RFC 8176)."""
    levels: dict[str, frozenset[str]] = {}
    for item in items(value):
        level, _, methods = item.rpartition("=")
        # They stand in a quoted string of a challenge (RFC 9470), so without a quote or a backslash.
        if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}", level) or level in levels:
            raise ValueError("expected level=method+method pairs, each level once")
        levels[level] = frozenset(methods.split("+"))
    return levels


def networks(value: str) -> list[Network]:
    return [ipaddress.ip_network(item) for item in items(value)]


def issuer(value: str) -> str:
    """The one source of every absolute address (OIDC Discovery section 3): no trailing slash, query or fragment."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address such as https://id.example.com")
    if value.endswith("/") or parts.query or parts.fragment or parts.username or parts.path:
        raise ValueError("expected scheme and host only, without a trailing slash, path, query or fragment")
    return value


def algorithms(value: str) -> list[str]:
    names = items(value)
    if unknown := [name for name in names if name not in KEY_ALGORITHMS]:
        raise ValueError(f"unknown algorithm {unknown[0]}; known: {', '.join(KEY_ALGORITHMS)}")
    if "RS256" not in names:
        raise ValueError("RS256 has to be among them (OIDC Core section 15.1)")
    return names


def rsa_bits(value: str) -> int:
    if value not in ("2048", "3072", "4096"):
        raise ValueError("expected 2048, 3072 or 4096")
    return int(value)


def sessions_per_browser(value: str) -> int:
    """Each is one value of 43 characters in a cookie."""
    if value not in {str(number) for number in range(1, 11)}:
        raise ValueError("expected a number from 1 to 10")
    return int(value)


def encryption_keys(value: str) -> dict[str, bytes]:
    """`version:base64` pairs of 32 bytes each, the current one first; older ones still open what they sealed."""
    keys: dict[str, bytes] = {}
    for item in items(value):
        version, _, encoded = item.partition(":")
        key = base64.b64decode(encoded, validate=True)
        if not re.fullmatch(r"[A-Za-z0-9]{1,16}", version) or len(key) != 32 or version in keys:
            raise ValueError("expected version:base64 pairs of 32 random bytes, each version once")
        keys[version] = key
    if not keys:
        raise ValueError("expected at least one key")
    return keys


def secret_key(value: str) -> str:
    if value and len(value) < 40:
        raise ValueError("expected at least 40 random characters")
    return value


def pairs(value: str) -> dict[str, str]:
    """`name=value, name=value`."""
    found: dict[str, str] = {}
    for item in items(value):
        name, equals, meaning = (part.strip() for part in item.partition("="))
        if not name or not equals or not meaning or name in found:
            raise ValueError("expected name=value pairs, each name once")
        found[name] = meaning
    return found


def ldap_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (
        parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path.strip("/") or parts.query
    ):
        raise ValueError("expected ldaps://host, or ldap://host, which then is asked for StartTLS")
    return value.rstrip("/")


def contact(value: str) -> str:
    """As RFC 9116 section 2.5.3 wants it: an address of the web or of mail, as a URI."""
    if not value or re.fullmatch(r"(https://|mailto:)[\x21-\x7e]+", value):
        return value
    if re.fullmatch(r"[\x21-\x7e]+@[\x21-\x7e]+", value):
        return f"mailto:{value}"
    raise ValueError("expected security@example.com, or an https address")


def ldap_filter(value: str) -> str:
    if "{user}" not in value or not value.startswith("(") or value.count("(") != value.count(")"):
        raise ValueError("expected a filter in brackets that holds {user}")
    return value


def choice(*names: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return value

    return parse
