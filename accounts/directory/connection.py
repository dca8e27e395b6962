"""The directory itself, asked by ldap3 (RFC 4511): find a person, read their groups, try their password.

Whoever is asked for, the same questions go out, so that time tells nobody who is known there (S-101). TLS is checked
against the host's name, referrals are not followed, and nothing of a password is kept.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from accounts.directory import entries
from accounts.directory.entries import Entry

if TYPE_CHECKING:
    from ldap3 import Connection

log = logging.getLogger(__name__)
PAUSE_AFTER_FAILURE = 30.0  # seconds in which nobody waits for a directory that was just found dead
MOST_GROUPS = 500
LONGEST = 30.0


class Unreachable(Exception):
    """The directory gave no answer, or none that can be used: a matter of its admin's, not of who signs in."""


def is_on() -> bool:
    return bool(settings.LDAP_URL)


def authenticate(name: str, password: str, *, admit: Callable[[Entry], bool], now: datetime) -> Entry | None:
    """Whoever is called that there, if they are admitted and the password is theirs. Raises Unreachable."""
    return _authenticate(_by_name(name), password, admit=admit, now=now)


def authenticate_known(uid: str, password: str, *, now: datetime) -> Entry | None:
    """The person with this id, whatever they are called by now. Raises Unreachable."""
    return _authenticate(_by_id(uid), password, now=now)


def pretend(*, now: datetime) -> None:
    """The same questions about nobody, with no password of anybody. Raises Unreachable."""
    _authenticate(_by_name(secrets.token_hex(8)), "", now=now)


def look_up(name: str, *, now: datetime) -> Entry | None:
    """Without a password, for `manage.py ldap check`. Raises Unreachable."""
    with _connected() as connection:
        return _find(connection, _by_name(name), now=now)


def look_up_known(uid: str, *, now: datetime) -> Entry | None:
    """Raises Unreachable."""
    with _connected() as connection:
        return _find(connection, _by_id(uid), now=now)


def _authenticate(
    filter: str, password: str, *, admit: Callable[[Entry], bool] = lambda _: True, now: datetime
) -> Entry | None:
    with _connected() as connection:
        entry = _find(connection, filter, now=now)
        entry = entry if entry is not None and admit(entry) else None
        # RFC 4513 section 5.1.2: an empty password "succeeds" as nobody, so it is never sent.
        dn = entry.dn if entry is not None and password else f"cn={secrets.token_hex(8)},{settings.LDAP_BASE}"
        is_right = _binds(
            connection, dn, password if entry is not None and password else secrets.token_hex(12)
        )
    return entry if entry is not None and is_right and password else None


def _by_name(name: str) -> str:
    from ldap3.utils.conv import escape_filter_chars

    return str(settings.LDAP_USER_FILTER.replace("{user}", escape_filter_chars(name)))


def _by_id(uid: str) -> str:
    from ldap3.utils.conv import escape_bytes

    attribute = settings.LDAP_ID_ATTRIBUTE
    return f"({attribute}={escape_bytes(entries.id_filter_value(uid, attribute))})"


def _find(connection: Connection, filter: str, *, now: datetime) -> Entry | None:
    """The one entry that fits; where several do, nobody can say who was meant."""
    wanted = [settings.LDAP_ID_ATTRIBUTE, *settings.LDAP_ATTRIBUTES.values(), *entries.STATES]
    rows = _search(connection, settings.LDAP_BASE, filter, wanted, 2)
    if len(rows) > 1:
        log.warning("the directory has several entries for one name; IDP_LDAP_USER_FILTER is too wide")
    dn, raw = rows[0] if len(rows) == 1 else ("", {})
    groups = _groups(connection, dn)
    return entries.read(
        dn,
        raw,
        id_attribute=settings.LDAP_ID_ATTRIBUTE,
        attributes=settings.LDAP_ATTRIBUTES,
        groups=groups,
        now=now,
    )


def _groups(connection: Connection, dn: str) -> list[str]:
    from ldap3.utils.conv import escape_filter_chars

    if not settings.LDAP_GROUP_BASE:
        return []
    member = escape_filter_chars(dn or f"cn={secrets.token_hex(8)},{settings.LDAP_BASE}")
    filter = f"(|(member={member})(uniqueMember={member}))"
    rows = _search(connection, settings.LDAP_GROUP_BASE, filter, ["cn"], MOST_GROUPS)
    return [value.decode("utf-8", "replace") for _, raw in rows for value in raw.get("cn", ())]


def _search(
    connection: Connection, base: str, filter: str, attributes: list[str], limit: int
) -> list[tuple[str, dict[str, list[bytes]]]]:
    from ldap3.core.exceptions import (
        LDAPInvalidFilterError,
        LDAPNoSuchObjectResult,
        LDAPSizeLimitExceededResult,
    )

    try:
        with suppress(LDAPSizeLimitExceededResult):  # as many as were asked for are there
            connection.search(base, filter, attributes=attributes, size_limit=limit)
    except (LDAPNoSuchObjectResult, LDAPInvalidFilterError):
        return []
    return [
        (str(row["dn"]), {name.lower(): list(values) for name, values in row["raw_attributes"].items()})
        for row in connection.response or []
        if row.get("type") == "searchResEntry"
    ]


def _binds(connection: Connection, dn: str, password: str) -> bool:
    from ldap3.core.exceptions import (
        LDAPConstraintViolationResult,
        LDAPInsufficientAccessRightsResult,
        LDAPInvalidCredentialsResult,
        LDAPInvalidDNSyntaxResult,
        LDAPNoSuchObjectResult,
        LDAPUnwillingToPerformResult,
    )

    try:
        return bool(connection.rebind(user=dn, password=password))
    except (
        LDAPInvalidCredentialsResult,
        LDAPNoSuchObjectResult,
        LDAPInvalidDNSyntaxResult,
        LDAPInsufficientAccessRightsResult,
        LDAPConstraintViolationResult,  # locked, or asked too often
        LDAPUnwillingToPerformResult,  # disabled
    ):
        return False


@contextmanager
def _connected() -> Iterator[Connection]:
    """Bound as who may look people up; whatever fails is Unreachable, and for a while nobody tries again."""
    if _pause.is_on():
        raise Unreachable("it did not answer a moment ago")
    connection = None
    try:
        connection = _open()
        yield connection
    except Exception as error:  # ldap3 lets through whatever its parser and the socket raise
        _pause.begin()
        log.error("the directory could not be asked: %s", _said(error))
        raise Unreachable(_said(error)) from error
    finally:
        if connection is not None:
            _close(connection)


def _open() -> Connection:
    from ldap3 import NONE, SYNC, Connection, Server, Tls

    parts = urlsplit(settings.LDAP_URL)
    is_ldaps = parts.scheme == "ldaps"
    seconds = int(max(1, min(settings.LDAP_TIMEOUT.total_seconds(), LONGEST)))  # whole ones: ldap3 packs them
    tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=settings.LDAP_CA_FILE or None)
    server = Server(
        parts.hostname or "",
        port=parts.port or (636 if is_ldaps else 389),
        use_ssl=is_ldaps,
        tls=tls,
        get_info=NONE,
        connect_timeout=seconds,
    )
    connection = Connection(
        server,
        user=settings.LDAP_BIND_DN or None,
        password=settings.LDAP_BIND_PASSWORD or None,
        client_strategy=SYNC,
        receive_timeout=seconds,
        auto_referrals=False,  # a referral would send the password wherever it says
        raise_exceptions=True,
        check_names=False,
        read_only=True,
    )
    try:
        connection.open()
        if not is_ldaps and settings.LDAP_START_TLS:
            connection.start_tls()
        connection.bind()
    except BaseException:
        _close(connection)
        raise
    return connection


def _close(connection: Connection) -> None:
    try:
        connection.unbind()
    except Exception as error:  # it is over either way
        log.debug("closing: %s", type(error).__name__)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200].replace("\n", " ")


class _Pause:
    """After a failure, for this process."""

    def __init__(self) -> None:
        self._until, self._lock = 0.0, threading.Lock()

    def is_on(self) -> bool:
        return time.monotonic() < self._until

    def begin(self) -> None:
        with self._lock:
            self._until = time.monotonic() + PAUSE_AFTER_FAILURE

    def end(self) -> None:
        self._until = 0.0


_pause = _Pause()


def forget_failure() -> None:
    """For the command that is there to try it, and for tests."""
    _pause.end()
