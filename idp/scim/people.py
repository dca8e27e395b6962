"""People as SCIM shows them (RFC 7643 section 4.1): whom a client sees, and each as a resource."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from scim2_models import Meta

from accounts.groups import harmless
from accounts.models import User as Person
from accounts.names import canonical
from idp.models import ScimExternalId, ScimPerson
from idp.scim import schemas
from idp.scim.calls import Caller, address

# Members of a person's address, which are called alike there (OIDC Core section 5.1.1).
ADDRESS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
# Which groups each of these people is in, and whether by being in a part of it; one statement however deep.
_HELD = """
WITH RECURSIVE held(user_id, group_id, direct) AS (
    SELECT user_id, group_id, 1 FROM accounts_user_groups WHERE user_id IN ({people})
    UNION
    SELECT held.user_id, node.parent_id, 0 FROM accounts_groupnode node
    JOIN held ON node.group_id = held.group_id WHERE node.parent_id IS NOT NULL
)
SELECT user_id, group_id, MAX(direct) FROM held GROUP BY user_id, group_id
"""


def key(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def visible() -> QuerySet[Person]:
    """All but those that SCIM has deleted and whose day has not come: they are gone for every client."""
    return Person.objects.exclude(DELETED).select_related("scim")


DELETED = Q(scim__deleted_at__isnull=False, deletion_at__isnull=False)


def represent(found: Iterable[Person], caller: Caller, *, with_groups: bool = True) -> list[schemas.User]:
    people = list(found)
    ids = [person.pk for person in people]
    external = dict(
        ScimExternalId.objects.filter(source=caller.source, user__in=ids).values_list("user_id", "value")
    )
    held = _groups(ids) if with_groups else {}
    return [_resource(person, external.get(person.pk), held.get(person.pk)) for person in people]


def kept(person: Person) -> dict[str, Any]:
    record = record_of(person)
    return record.kept if record else {}


def record_of(person: Person) -> ScimPerson | None:
    return getattr(person, "scim", None)


def user_name(person: Person) -> str:
    record = record_of(person)
    return record.user_name_display if record and record.user_name else person.username_display


def _resource(
    person: Person, external_id: str | None, groups: list[schemas.GroupMembership] | None
) -> schemas.User:
    said = kept(person)
    return schemas.User(
        id=str(person.pk),
        external_id=external_id,
        user_name=user_name(person),
        name=_name(person),
        display_name=person.name or None,
        nick_name=person.nickname or None,
        profile_url=person.profile or None,  # type: ignore[arg-type]  # pydantic makes a reference of it
        locale=person.locale or None,
        timezone=person.zoneinfo or None,
        active=None if said.get("active") == person.is_active else person.is_active,
        emails=_emails(person, said.get("emails")),
        phone_numbers=_phone_numbers(person, said.get("phone_numbers")),
        photos=_photos(person, said.get("photos")),
        addresses=_addresses(person, said.get("addresses")),
        groups=groups,
        meta=Meta(
            resource_type="User",
            created=person.created_at,
            last_modified=person.updated_at,
            location=address("Users", person.pk),
        ),
    )


def _name(person: Person) -> schemas.Name | None:
    parts = {
        "family_name": person.family_name,
        "given_name": person.given_name,
        "middle_name": person.middle_name,
    }
    return (
        schemas.Name(**{name: part or None for name, part in parts.items()}) if any(parts.values()) else None
    )


def _emails(person: Person, said: dict[str, Any] | None) -> list[schemas.Email] | None:
    """The one address, in the words of the client where it still is the one that the client wrote."""
    if not person.email:
        return None
    words = said if said is not None else {"type": "work", "primary": True}
    written = str(words.get("value", ""))
    value = written if canonical(written) == person.email else person.email
    return [schemas.Email(**{**words, "value": value})]


def _phone_numbers(person: Person, said: dict[str, Any] | None) -> list[schemas.PhoneNumber] | None:
    """A number that was written otherwise than ours are is shown as it was written."""
    if said is not None and international(said.get("value")) == person.phone_number:
        return [schemas.PhoneNumber(**said)]
    return (
        [schemas.PhoneNumber(value=person.phone_number, type=None, primary=True)]
        if person.phone_number
        else None
    )


def _photos(person: Person, said: dict[str, Any] | None) -> list[schemas.Photo] | None:
    if not person.picture:
        return None
    words = said if said is not None else {"type": "photo", "primary": True}
    return [schemas.Photo(**{**words, "value": person.picture})]


def _addresses(person: Person, said: dict[str, Any] | None) -> list[schemas.Address] | None:
    parts = {name: person.address[name] for name in ADDRESS if person.address.get(name)}
    if not parts and not said:
        return None
    return [schemas.Address(**{**(said or {}), **parts})]


def international(number: object) -> str:
    """The number as people's are kept, or "" for one that can't be told to be international."""
    if not isinstance(number, str):
        return ""
    digits = "".join(character for character in number.removeprefix("tel:") if character not in " -().\u00a0")
    plausible = digits.startswith("+") and digits[1:].isascii() and digits[1:].isdigit()
    return digits if plausible and 5 <= len(digits) <= 16 and digits[1] != "0" else ""


def _groups(ids: Sequence[Any]) -> dict[Any, list[schemas.GroupMembership]]:
    if not ids:
        return {}
    keys = [Person._meta.pk.get_db_prep_value(pk, connection) for pk in ids]
    with connection.cursor() as cursor:
        cursor.execute(_HELD.format(people=", ".join(["%s"] * len(keys))), keys)
        rows = cursor.fetchall()
    names = dict(in_reach().filter(pk__in={row[1] for row in rows}).values_list("pk", "name"))
    found: dict[Any, list[schemas.GroupMembership]] = defaultdict(list)
    for user_id, group_id, direct in sorted(rows, key=lambda row: row[1]):
        if group_id in names:
            found[Person._meta.pk.to_python(user_id)].append(
                schemas.GroupMembership(
                    value=str(group_id),
                    ref=address("Groups", group_id),  # type: ignore[arg-type]
                    display=names[group_id],
                    type="direct" if direct else "indirect",
                )
            )
    return found


def in_reach() -> QuerySet[Any]:
    """Groups that SCIM may know of: none that holds rights in the admin, no role (S-130)."""
    return harmless()
