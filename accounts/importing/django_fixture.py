"""Users of a Django project: `manage.py dumpdata auth`, also of a model of its own; or their table as CSV rows."""

from typing import Any

from accounts.importing import hashes
from accounts.importing.incoming import Batch, Incoming, Unreadable, json_of, text


def read(data: bytes) -> Batch:
    rows = json_of(data)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "model" in row for row in rows):
        raise Unreadable("This is no fixture: expected a list of objects with model and fields.")
    names = {row.get("pk"): text(row["fields"].get("name")) for row in rows if row["model"] == "auth.group"}
    users = [row for row in rows if {"username", "password"} <= set(row.get("fields", {}))]
    if not users:
        raise Unreadable("There are no users in it.")
    return Batch([_person(f"{row['model']} {row.get('pk')}", row["fields"], names) for row in users])


def _person(where: str, fields: dict[str, Any], names: dict[Any, str]) -> Incoming:
    password, notes = encoded(text(fields["password"]))
    if fields.get("is_staff") or fields.get("is_superuser"):
        notes.append("was an admin there; rights here are given by an owner")
    groups = [
        group[0] if isinstance(group, list) else names.get(group, "") for group in fields.get("groups") or []
    ]
    return Incoming(
        where=where,
        username=text(fields["username"]),
        email=text(fields.get("email")),
        active=fields.get("is_active") is not False,
        password=password,
        particulars={
            "given_name": text(fields.get("first_name")),
            "family_name": text(fields.get("last_name")),
        },
        groups=tuple(name for name in groups if name),
        notes=tuple(notes),
    )


def encoded(password: str) -> tuple[str, list[str]]:
    """The hash, and a note where it can't come along; one that begins with ! is none."""
    if not password or password.startswith("!"):
        return "", []
    try:
        return hashes.read(password), []
    except hashes.Unknown as error:
        return "", [f"the password stays behind: {error}"]
