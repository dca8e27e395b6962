"""CSV with a header: the columns of an invitation, and password, sub, active, email_verified, attribute.NAME.

Django's table `auth_user` as CSV is read too: its columns have the names that they have there.
"""

import csv
import io

from accounts.importing.django_fixture import encoded
from accounts.importing.incoming import Batch, Incoming, Unreadable

PLAIN = ("name", "given_name", "family_name", "middle_name", "nickname", "locale", "zoneinfo", "phone_number")
KNOWN = {
    *PLAIN,
    "username",
    "email",
    "groups",
    "password",
    "sub",
    "active",
    "email_verified",
    "must_change_password",
}
DJANGO = {"first_name": "given_name", "last_name": "family_name", "is_active": "active"}
IGNORED = {"id", "last_login", "date_joined", "is_staff", "is_superuser"}
_YES = ("1", "true", "t", "yes", "on")


def read(data: bytes) -> Batch:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("This is not UTF-8.") from error
    if "\0" in text:
        raise Unreadable("This is not a text.")
    rows = csv.reader(io.StringIO(text))
    header = [DJANGO.get(name.strip().lower(), name.strip().lower()) for name in next(rows, [])]
    strange = [name for name in header if name not in KNOWN | IGNORED and not name.startswith("attribute.")]
    if "username" not in header or strange:
        raise Unreadable(
            f"The first line names the columns; {strange[0] if strange else 'username'} is not right."
        )
    return Batch(
        [_person(rows.line_num, dict(zip(header, cells, strict=False))) for cells in rows if any(cells)]
    )


def _person(line: int, row: dict[str, str]) -> Incoming:
    row = {name: value.strip() for name, value in row.items()}
    password, notes = encoded(row.get("password", ""))
    if row.get("is_staff", "").lower() in _YES or row.get("is_superuser", "").lower() in _YES:
        notes.append("was an admin there; rights here are given by an owner")
    groups = row.get("groups", "").replace("|", ";").split(";")
    return Incoming(
        where=f"line {line}",
        sub=row.get("sub", ""),
        username=row.get("username", ""),
        email=row.get("email", ""),
        email_verified=row.get("email_verified", "").lower() in _YES,
        active=row.get("active", "1").lower() in _YES,
        must_change_password=row.get("must_change_password", "").lower() in _YES,
        password=password,
        particulars={name: row.get(name, "") for name in PLAIN},
        attributes={
            name.removeprefix("attribute."): value
            for name, value in row.items()
            if name.startswith("attribute.") and value
        },
        groups=tuple(name.strip() for name in groups if name.strip()),
        notes=tuple(notes),
    )
