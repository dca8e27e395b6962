"""What an entry says: a table, without a server."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.directory.entries import closed, id_filter_value, read

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
GUID = uuid.UUID("8eaef023-2b34-4da1-9baa-8bc8c9d6a490")


def windows(moment: datetime) -> bytes:
    return str(int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7).encode()


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({}, ""),
        ({"useraccountcontrol": [b"512"]}, ""),
        ({"useraccountcontrol": [b"514"]}, "disabled"),
        ({"useraccountcontrol": [b"66050"]}, "disabled"),
        ({"useraccountcontrol": [b"x"]}, ""),
        ({"accountexpires": [b"0"]}, ""),
        ({"accountexpires": [b"9223372036854775807"]}, ""),
        ({"accountexpires": [windows(NOW - timedelta(days=1))]}, "expired"),
        ({"accountexpires": [windows(NOW + timedelta(days=1))]}, ""),
        ({"accountexpires": [b"9000000000000000000"]}, ""),
        ({"pwdaccountlockedtime": [b"000001010000Z"]}, "locked"),
        ({"nsaccountlock": [b"TRUE"]}, "locked"),
        ({"nsaccountlock": [b"false"]}, ""),
        ({"shadowexpire": [b"1"]}, "expired"),
        ({"shadowexpire": [b"-1"]}, ""),
        ({"shadowexpire": [b"99999"]}, ""),
        ({"shadowexpire": [b"9" * 30]}, ""),
    ],
    ids=str,
)
def test_s_101_who_is_shut_out_there_is_shut_out_here(raw: dict[str, list[bytes]], word: str) -> None:
    assert closed(raw, NOW).partition(" ")[0] == word


@pytest.mark.parametrize(
    ("raw", "attribute", "uid"),
    [
        ({"entryuuid": [b"abc"]}, "entryUUID", "abc"),
        ({"objectguid": [GUID.bytes_le]}, "objectGUID", str(GUID)),
        ({"objectguid": [b"short"]}, "objectGUID", None),
        ({"entryuuid": [b"a", b"b"]}, "entryUUID", None),
        ({}, "entryUUID", None),
    ],
    ids=str,
)
def test_an_entry_is_told_by_one_id_that_never_changes(
    raw: dict[str, list[bytes]], attribute: str, uid: Any
) -> None:
    entry = read("cn=x", raw, id_attribute=attribute, attributes={}, groups=[], now=NOW)
    assert (entry.uid if entry else None) == uid


def test_active_directory_is_asked_by_the_bytes_of_its_guid() -> None:
    assert id_filter_value(str(GUID), "objectGUID") == GUID.bytes_le
