"""What a trace may keep of the facts of a refusal: short, printable, and nothing that opens anything (S-104).

Values come from checks that name what they expected and received; a secret has no place among them. Should somebody
send one where a name belongs, what looks like one is left out here all the same.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import SplitResult, urlsplit, urlunsplit

from idp.logs import redact

LONGEST, LONGEST_ITEM, MOST = 500, 200, 20
# Hashes and key ids, which are public however random they look.
_PUBLIC = frozenset(
    {"challenge_expected", "challenge_computed", "key_expected", "key_proven", "key_named", "kid"}
)
_RANDOM = re.compile(r"[A-Za-z0-9_~+=-]{30,}")
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)  # as client ids are
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]")

Kept = str | int | bool | None | list["Kept"]


def kept(facts: Mapping[str, object]) -> dict[str, Kept]:
    """The facts as they are stored."""
    expected = facts.get("expected")
    ours = {expected} if isinstance(expected, str) else set(_texts(expected))
    return {name: _kept(name, value, ours) for name, value in facts.items()}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def _kept(name: str, value: object, ours: Collection[str]) -> Kept:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        items = [_kept(name, item, ours) for item in list(value)[:MOST]]
        return items if name == "expected" else [_item(item) for item in items]
    said = str(value)
    if name == "expected" or said in ours:  # what an admin wrote, or a constant of ours
        return shortened(said)
    if name in _PUBLIC:
        return shortened(redact(said))
    return text(_without_values(said, ours), ours) if _ADDRESS.match(said) else text(said)


def _item(value: Kept) -> Kept:
    """Of a list, so that all of it stays short."""
    return (
        value if not isinstance(value, str) or len(value) <= LONGEST_ITEM else f"{value[: LONGEST_ITEM - 1]}…"
    )


def is_cut(kept: str) -> bool:
    """Whether the end of it is gone, so that nothing may be said of how it differs from another."""
    return kept.endswith("…") and len(kept) in (LONGEST, LONGEST_ITEM)


def text(said: str, ours: Iterable[str] = ()) -> str:
    """Anything that came with a request. Words that one of our own addresses has stay, however random they look."""
    known = {word for uri in ours for word in _RANDOM.findall(uri)}
    return shortened(
        _RANDOM.sub(lambda found: found[0] if found[0] in known else _masked(found), redact(said))
    )


def shortened(said: str) -> str:
    """What both databases take and a page can show."""
    printable = "".join(
        character if character.isprintable() else "\ufffd" for character in said[: LONGEST + 1]
    )
    return printable if len(printable) <= LONGEST else printable[: LONGEST - 1] + "…"


def _masked(found: re.Match[str]) -> str:
    word = found[0]
    is_name = _UUID.fullmatch(word) or word.isalpha() or not any(letter.isalpha() for letter in word)
    return word if is_name or not any(letter.isdigit() for letter in word) else f"‹{len(word)} characters›"


def _without_values(address: str, ours: Iterable[str]) -> str:
    """An address without what may be a secret in it: user and password, the fragment, and values of the query.

    A value that one of our own addresses has stays.
    """
    parts = _split(address)
    if parts is None:
        return address
    known = {pair for uri in ours if (own := _split(uri)) for pair in own.query.split("&")}
    query = "&".join(pair if pair in known else _name_only(pair) for pair in parts.query.split("&"))
    host = parts.netloc.rpartition("@")[2]
    netloc = f"…@{host}" if "@" in parts.netloc else host
    return urlunsplit((parts.scheme, netloc, parts.path, query, "…" if parts.fragment else ""))


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _name_only(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}=…" if equals else name
