"""Where two addresses differ, part by part: scheme, host, port, path, a slash, capital letters, query."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import SplitResult, urlsplit

MOST = 3
_ALIKE = 0.6

Pieces = list[tuple[str, bool]]  # (text, whether it differs)


@dataclass(frozen=True)
class Part:
    """One part of a registered address beside the one received; `words` say how they differ, "" if they don't."""

    name: str
    expected: Pieces
    received: Pieces
    words: str


@dataclass(frozen=True)
class Difference:
    """`expected` against what was received; `position` is the first character that differs, counted from 1."""

    expected: str
    position: int
    parts: list[Part]


def differences(expected: Iterable[str], received: str) -> list[Difference]:
    """Those of `expected` that are like what was received, the nearest first."""
    rated = sorted(((_likeness(known, received), known) for known in expected), key=lambda pair: -pair[0])
    return [_difference(known, received) for likeness, known in rated[:MOST] if likeness >= _ALIKE]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()


def _difference(expected: str, received: str) -> Difference:
    same = next(
        (at for at, (one, other) in enumerate(zip(expected, received, strict=False)) if one != other),
        min(len(expected), len(received)),
    )
    known, got = _parts(expected), _parts(received)
    parts = [_part(name, known[name], got[name]) for name in known if known[name] or got[name]]
    return Difference(expected, same + 1, parts)


def _parts(address: str) -> dict[str, str]:
    try:
        split = urlsplit(address)
    except ValueError:
        return {"address": address}
    host, port = _host_and_port(split)
    # As it stands there: urlsplit writes the scheme in small letters.
    scheme = address[: len(split.scheme)] if split.scheme else ""
    return {"scheme": scheme, "host": host, "port": port, "path": split.path, "query": split.query,
            "fragment": split.fragment}  # fmt: skip


def _host_and_port(split: SplitResult) -> tuple[str, str]:
    host, colon, port = split.netloc.rpartition(":")
    return (host, port) if colon and port.isdigit() else (split.netloc, "")


def _part(name: str, expected: str, received: str) -> Part:
    matcher = SequenceMatcher(None, expected, received, autojunk=False)
    moves = matcher.get_opcodes()
    return Part(
        name,
        [(expected[start:end], kind != "equal") for kind, start, end, _, _ in moves if end > start],
        [(received[start:end], kind != "equal") for kind, _, _, start, end in moves if end > start],
        _words(name, expected, received),
    )


def _words(name: str, expected: str, received: str) -> str:
    if expected == received:
        return ""
    if expected.lower() == received.lower():
        return "capital and small letters differ"
    if name == "path" and received == f"{expected}/":
        return "a slash too many at the end"
    if name == "path" and expected == f"{received}/":
        return "the slash at the end is missing"
    if not expected:
        return f"a {name} that is not registered"
    return "differs" if received else f"the {name} is missing"
