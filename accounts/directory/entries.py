"""What an entry of the directory says of a person, and whether it lets them in: a pure reading of its attributes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Raw = Mapping[str, Sequence[bytes]]  # an entry's attributes, by their names in small letters

# Asked for beside what is taken over. Servers leave out what they don't know.
STATES = ("userAccountControl", "accountExpires", "pwdAccountLockedTime", "nsAccountLock", "shadowExpire")
_DISABLED = 0x2  # userAccountControl, ADS_UF_ACCOUNTDISABLE
_NEVER = (0, 0x7FFFFFFFFFFFFFFF)
_EPOCH_OF_WINDOWS = datetime(1601, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BINARY_IDS = ("objectguid",)


@dataclass(frozen=True)
class Entry:
    """`uid` never changes and is never given again; `dn` does both, and is for this moment only."""

    dn: str
    uid: str
    username: str
    email: str
    names: dict[str, str]
    groups: tuple[str, ...]  # by their names there
    closed: str = ""  # why nobody signs in with it; "" if they may


def read(
    dn: str,
    raw: Raw,
    *,
    id_attribute: str,
    attributes: Mapping[str, str],
    groups: Sequence[str],
    now: datetime,
) -> Entry | None:
    """None for an entry without the attribute that is to tell it from all others."""
    uid = _id(raw, id_attribute)
    if not uid:
        return None
    said = {name: _text(raw, attribute) for name, attribute in attributes.items()}
    email, username = said.pop("email", ""), said.pop("username", "")
    names = {name: value for name, value in said.items() if value}
    return Entry(dn, uid, username, email, names, tuple(groups), closed=closed(raw, now))


def closed(raw: Raw, now: datetime) -> str:
    """Active Directory refuses these at the bind; other servers may leave it to whoever asks."""
    if (_number(raw, "userAccountControl") or 0) & _DISABLED:
        return "disabled in the directory"
    expires = _number(raw, "accountExpires")
    if expires is not None and expires not in _NEVER and _windows_time(expires) <= now:
        return "expired in the directory"
    if _text(raw, "pwdAccountLockedTime") or _text(raw, "nsAccountLock").lower() == "true":
        return "locked in the directory"
    days = _number(raw, "shadowExpire")
    if days is not None and days >= 0 and _EPOCH + timedelta(days=min(days, 10**6)) <= now:
        return "expired in the directory"
    return ""


def id_filter_value(uid: str, id_attribute: str) -> bytes:
    """The bytes to look an entry up by."""
    return uuid.UUID(uid).bytes_le if id_attribute.lower() in _BINARY_IDS else uid.encode()


def _id(raw: Raw, attribute: str) -> str:
    values = raw.get(attribute.lower()) or ()
    if len(values) != 1:
        return ""
    if attribute.lower() in _BINARY_IDS:
        return str(uuid.UUID(bytes_le=values[0])) if len(values[0]) == 16 else ""
    return _text(raw, attribute)


def _text(raw: Raw, attribute: str) -> str:
    """The first value, if it is something to be read."""
    value = next(iter(raw.get(attribute.lower()) or ()), b"").decode("utf-8", "replace").strip()
    return value if value.isprintable() else ""


def _number(raw: Raw, attribute: str) -> int | None:
    try:
        return int(_text(raw, attribute))
    except ValueError:
        return None


def _windows_time(ticks: int) -> datetime:
    """Of 100 nanoseconds each; one that is beyond our calendar is far away."""
    try:
        return _EPOCH_OF_WINDOWS + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
