"""What `pocket-id export` writes: a zip with database.json in it, or that file. There are no passwords in it."""

import io
import zipfile
from typing import Any

from accounts.importing.incoming import Batch, Incoming, Unreadable, json_of, text

LARGEST = 200 * 1024 * 1024


def read(data: bytes) -> Batch:
    document = json_of(_database(data))
    tables = document.get("tables") if isinstance(document, dict) else None
    if not isinstance(tables, dict) or not isinstance(tables.get("users"), list):
        raise Unreadable("There is no table of users in it.")
    names = {group.get("id"): text(group.get("name")) for group in _rows(tables, "user_groups")}
    groups: dict[str, list[str]] = {}
    for row in _rows(tables, "user_groups_users"):
        groups.setdefault(text(row.get("user_id")), []).append(names.get(row.get("user_group_id"), ""))
    claims: dict[str, dict[str, Any]] = {}
    for row in _rows(tables, "custom_claims"):
        if row.get("user_id"):
            claims.setdefault(text(row["user_id"]), {})[text(row.get("key"))] = row.get("value")
    rows = enumerate(_rows(tables, "users"), 1)
    return Batch([_person(number, row, groups, claims) for number, row in rows])


def _database(data: bytes) -> bytes:
    if not data.startswith(b"PK"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo("database.json").file_size > LARGEST:
                raise Unreadable("database.json is too large.")
            return archive.read("database.json")
    except (zipfile.BadZipFile, KeyError) as error:
        raise Unreadable("There is no database.json in this zip.") from error


def _rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = tables.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _person(
    number: int, row: dict[str, Any], groups: dict[str, list[str]], claims: dict[str, dict[str, Any]]
) -> Incoming:
    sub = text(row.get("id"))
    notes = ["has no password, and passkeys stay behind: send a link"]
    if row.get("is_admin"):
        notes.append("was an admin there; rights here are given by an owner")
    return Incoming(
        where=f"user {number}",
        sub=sub,
        username=text(row.get("username")),
        email=text(row.get("email")),
        email_verified=row.get("email_verified") in (True, 1),
        active=row.get("disabled") not in (True, 1),
        particulars={
            "name": text(row.get("display_name")),
            "given_name": text(row.get("first_name")),
            "family_name": text(row.get("last_name")),
            "locale": text(row.get("locale")),
        },
        attributes=claims.get(sub, {}),
        groups=tuple(name for name in groups.get(sub, []) if name),
        notes=tuple(notes),
    )
