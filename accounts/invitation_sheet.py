"""A list of people to invite, read and judged line by line before anything is done: addresses, or CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr

from django.contrib.auth.models import Group
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts import faults
from accounts.models import User
from accounts.names import canonical

COLUMNS = ("email", "username", "name", "given_name", "family_name", "locale", "groups")
MAX_LINES = 1000
_HEADER = "The first line names the columns: email, and any of " + ", ".join(COLUMNS[1:]) + "."


@dataclass(frozen=True)
class Line:
    """Somebody who can be invited as they stand here."""

    number: int
    user: User
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Problem:
    """Why a line can't be taken; line 0 is the whole list."""

    number: int
    text: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.text}" if self.number else self.text


@dataclass(frozen=True)
class Sheet:
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(text: str, *, groups: Iterable[Group]) -> Sheet:
    """`groups` are those that may be given. Nobody is saved."""
    rows, problems = _rows(text)
    if problems:
        return Sheet(problems=problems)
    by_name = {group.name: group for group in groups}
    seen: dict[str, int] = {}
    lines: list[Line] = []
    for number, row in rows:
        try:
            line = _line(number, row, by_name)
            _not_twice(line, seen)
        except ValidationError as error:
            problems.append(Problem(number, " ".join(faults.sentences(error, faults.in_words))))
        else:
            lines.append(line)
    if not rows:
        problems = [Problem(0, "There is nobody in this list.")]
    return Sheet(lines, problems)


def _rows(text: str) -> tuple[list[tuple[int, Mapping[str, str]]], list[Problem]]:
    """Numbered as an editor numbers them; lines with nothing in them are passed over."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if "\0" in text:
        return [], [Problem(0, "This is not a text.")]
    first = next((line for line in text.splitlines() if line.strip()), "")
    is_csv = "email" in {_column(name) for name in first.replace(";", ",").split(",")}
    rows = list(_csv(text, first)) if is_csv else list(_addresses(text))
    if is_csv and (unknown := _unknown(first)):
        return [], [Problem(0, f"There is no column {unknown[0]}. {_HEADER}")]
    if len(rows) > MAX_LINES:
        return [], [Problem(0, f"At most {MAX_LINES} people at once.")]
    return rows, []


def _column(name: str) -> str:
    return name.strip().strip('"').lower()


def _delimiter(first: str) -> str:
    return ";" if ";" in first else ","


def _unknown(first: str) -> list[str]:
    return [name for name in map(_column, first.split(_delimiter(first))) if name not in COLUMNS]


def _csv(text: str, first: str) -> Iterable[tuple[int, Mapping[str, str]]]:
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(first), strict=False)
    header: list[str] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [_column(cell) for cell in cells]
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        yield reader.line_num, row | ({"": "more"} if len(cells) > len(header) else {})


def _addresses(text: str) -> Iterable[tuple[int, Mapping[str, str]]]:
    """`ada@example.com` or `Ada Lovelace <ada@example.com>`, one a line."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            name, email = parseaddr(line.strip().rstrip(",;"))
            yield number, {"email": email or line.strip(), "name": name}


def _line(number: int, row: Mapping[str, str], by_name: Mapping[str, Group]) -> Line:
    if "" in row:
        raise ValidationError("There are more cells than columns.")
    if not row.get("email"):
        raise ValidationError("An e-mail address is missing.")
    names = [name.strip() for name in row.get("groups", "").replace("|", ";").split(";") if name.strip()]
    if missing := [name for name in names if name not in by_name]:
        raise ValidationError(f"There is no group {missing[0]} that you may give.")
    plain = {name: row.get(name, "") for name in ("name", "given_name", "family_name", "locale")}
    username = row.get("username") or row["email"].partition("@")[0]
    user = User(username=username, email=row["email"], **plain)
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as error:
        if row.get("username"):
            raise
        raise _of_the_address(error, username) from error
    return Line(number, user, tuple(by_name[name] for name in names))


def _of_the_address(error: ValidationError, username: str) -> ValidationError:
    """Nobody typed the user name: what is wrong with it is the address's fault, or has to say where it comes from."""
    found = error.message_dict
    texts = found.pop("username_display", found.pop("username", []))
    if texts and not {"email", NON_FIELD_ERRORS} & found.keys():
        found["email"] = [f"The user name {username} would be made of it. {text}" for text in texts]
    return ValidationError(found)


def _not_twice(line: Line, seen: dict[str, int]) -> None:
    for key in (f"user name {line.user.username}", f"address {canonical(line.user.email)}"):
        if key in seen:
            raise ValidationError(f"The {key} stands in line {seen[key]} already.")
    seen |= {f"user name {line.user.username}": line.number, f"address {line.user.email}": line.number}
