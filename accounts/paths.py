"""Where a login may lead: paths of this site, judged as a browser reads them (S-005)."""

from urllib.parse import urlsplit

MAX_LENGTH = 8 * 1024


def safe_next(value: str | None, default: str) -> str:
    """`value` when every browser would stay on this site with it, otherwise `default`."""
    return value if value and is_local_path(value) else default


def is_local_path(value: str) -> bool:
    """WHATWG URL: browsers drop tabs and newlines, trim controls and spaces, and read a backslash as a slash.

    None of those appears in an address that we made, so a value that has one is refused, not repaired.
    """
    if len(value) > MAX_LENGTH or not value.startswith("/") or value.startswith("//") or "\\" in value:
        return False
    if not (value.isascii() and value.isprintable()) or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    # Dot segments can bring two slashes to the front ("/.//host"), which some parsers then read as a host.
    return not parts.scheme and not parts.netloc and not _climbs(parts.path)


def _climbs(path: str) -> bool:
    return any(segment.lower().replace("%2e", ".") in (".", "..") for segment in path.split("/"))
