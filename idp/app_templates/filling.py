"""What goes into a template: the app's address as an admin types it, this provider, and the client's credentials.

Whatever is typed ends up in files that people paste, so an address is plain (S-084): a host, and a path of letters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.app_templates.markdown import Block, with_texts
from idp.conf import conf
from idp.protocol import redirects
from idp.protocol.errors import InvalidRedirectUri

PLACES = ("issuer", "address", "domain", "client_id", "client_secret")
UNKNOWN_ID, UNKNOWN_SECRET = "YOUR_CLIENT_ID", "YOUR_CLIENT_SECRET"
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")
_ANY_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*")  # "." and ".." lead elsewhere
_MAX_ADDRESS = 200


class UnfitAddress(ValueError):
    """What is wrong with an address, in words for whoever typed it."""


@dataclass(frozen=True)
class Address:
    """Where an app is: `url` without a slash at its end, `domain` with the port if there is one."""

    url: str
    domain: str


def read_address(typed: str) -> Address:
    """`wiki.example.com` is https; a path may follow. Raises UnfitAddress."""
    text = typed.strip()
    if len(text) > _MAX_ADDRESS:
        raise UnfitAddress(f"An address has at most {_MAX_ADDRESS} characters.")
    url = (text if "://" in text else f"{_scheme(text)}://{text}").rstrip("/")
    try:
        redirects.check_registrable(url, native=False)
    except InvalidRedirectUri as error:
        raise UnfitAddress(error.description) from error
    parts = urlsplit(url)
    if parts.query or "?" in url:
        raise UnfitAddress("The address of the app itself has no question mark.")
    if not _PATH.fullmatch(parts.path):
        raise UnfitAddress("The path may have letters, digits and . _ ~ - only.")
    domain = parts.netloc.lower()
    return Address(f"{parts.scheme}://{domain}{parts.path}", domain)


def _scheme(text: str) -> str:
    """http only for this very machine, where there is no certificate."""
    host = re.split(r"[/:]", text)[0] if not text.startswith("[") else text[1:].partition("]")[0]
    return "http" if redirects.is_loopback(host) else "https"


def unknown_places(text: str) -> set[str]:
    return set(_ANY_PLACE.findall(text)) - set(PLACES)


def values(
    address: Address | None, *, client_id: str = UNKNOWN_ID, client_secret: str = ""
) -> dict[str, str]:
    """A secret that is not at hand is a word to put it in place of."""
    return {
        "issuer": conf().issuer,
        "client_id": client_id,
        "client_secret": client_secret or UNKNOWN_SECRET,
        **({"address": address.url, "domain": address.domain} if address else {}),
    }


def fill(text: str, known: Mapping[str, str]) -> str:
    """A KeyError is a place that nothing is known for."""
    return _PLACE.sub(lambda found: known[found[1]], text)


def filled(blocks: tuple[Block, ...], known: Mapping[str, str]) -> tuple[Block, ...]:
    return tuple(with_texts(block, lambda text: fill(text, known)) for block in blocks)


def fill_document(value: object, known: Mapping[str, str]) -> object:
    """The same, all through a JSON value."""
    if isinstance(value, str):
        return fill(value, known)
    if isinstance(value, list):
        return [fill_document(item, known) for item in value]
    return value
