"""The attributes of people that one may filter and sort on."""

from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, NullIf
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator as Op

from accounts import groups
from accounts.models import User as Person
from accounts.names import canonical, is_email
from idp.models import ScimExternalId, ScimPerson
from idp.scim import columns, people, schemas
from idp.scim.calls import Caller
from idp.scim.columns import Column

Columns = dict[tuple[str, str | None], Column]
_SHOWN_NAME = Coalesce(NullIf(F("scim__user_name"), Value("")), F("username"))


def of(caller: Caller) -> Columns:
    known = ScimExternalId.objects.filter(source=caller.source, user__isnull=False)
    return {
        ("id", None): columns.identifier(people.key),
        ("external_id", None): columns.external_id(known, "user"),
        ("user_name", None): Column(_user_name, columns.EVERYBODY, _SHOWN_NAME),
        ("display_name", None): columns.text("name"),
        ("nick_name", None): columns.text("nickname"),
        ("profile_url", None): columns.text("profile"),
        ("locale", None): columns.text("locale"),
        ("timezone", None): columns.text("zoneinfo"),
        ("name", "family_name"): columns.text("family_name"),
        ("name", "given_name"): columns.text("given_name"),
        ("name", "middle_name"): columns.text("middle_name"),
        ("emails", "value"): columns.canonical_text("email", canonical),
        ("emails", "type"): Column(_email_type, _HAS_EMAIL),
        ("emails", "primary"): Column(_email_primary, _HAS_EMAIL),
        ("emails", None): Column(_not_as_a_whole, _HAS_EMAIL),
        ("active", None): columns.boolean("is_active"),
        ("groups", "value"): Column(_in_group_of_id, _IN_A_GROUP),
        ("groups", "display"): Column(_in_group_of_name, _IN_A_GROUP),
        ("groups", None): Column(_not_as_a_whole, _IN_A_GROUP),
        ("meta", "created"): columns.moment("created_at"),
        ("meta", "last_modified"): columns.moment("updated_at"),
        ("meta", "resource_type"): columns.constant("User"),
        ("schemas", None): columns.constant(str(schemas.User.__schema__)),
    }


def _user_name(op: Op, value: Any) -> Q:
    if not columns.storable(value):
        return columns.NOBODY
    name = canonical(value)
    if op is Op.eq:
        return _named(name)
    lookup = columns.AS_IT_IS[op]
    renamed = ScimPerson.objects.exclude(user_name="")
    return Q(pk__in=renamed.filter(**{f"user_name__{lookup}": name}).values("user")) | (
        Q(**{f"username__{lookup}": name}) & ~Q(pk__in=renamed.values("user"))
    )


def _named(name: str) -> Q:
    """By index. An e-mail address finds whom SCIM has given no name yet: people sign in by either."""
    renamed = ScimPerson.objects.exclude(user_name="")
    if not is_email(name):
        return Q(username=name) & ~Q(pk__in=renamed.values("user"))
    found = list(ScimPerson.objects.filter(user_name=name).values_list("user", flat=True))
    return Q(pk__in=found) if found else Q(email=name) & ~Q(pk__in=renamed.values("user"))


_HAS_EMAIL = ~Q(email="")
_SAID = ScimPerson.objects.filter(kept__has_key="emails")


def _email_type(op: Op, value: Any) -> Q:
    """ "work" where no client has said otherwise."""
    if op is not Op.eq:
        raise InvalidFilterException(detail="The type of an address is compared by eq, ne and pr only.")
    if not columns.storable(value):
        return columns.NOBODY
    said = Q(pk__in=_SAID.filter(kept__emails__type__iexact=value).values("user"))
    return _HAS_EMAIL & (said | ~Q(pk__in=_SAID.values("user")) if value.lower() == "work" else said)


def _email_primary(op: Op, value: Any) -> Q:
    said = Q(pk__in=_SAID.filter(kept__emails__primary=bool(value)).values("user"))
    return _HAS_EMAIL & (said | ~Q(pk__in=_SAID.values("user")) if value else said)


def _in_group_of_id(op: Op, value: Any) -> Q:
    if op is not Op.eq:
        raise InvalidFilterException(detail="The id of a group is compared by eq, ne and pr only.")
    key = group_key(value) if columns.storable(value) else None
    return columns.NOBODY if key is None else _members(Q(pk=key))


def _in_group_of_name(op: Op, value: Any) -> Q:
    if not columns.storable(value):
        return columns.NOBODY
    return _members(columns.text("name").where(op, value))


def _members(which: Q) -> Q:
    """People in these groups, or in parts of them."""
    found = list(people.in_reach().filter(which).values_list("pk", flat=True))
    inside = Person.groups.through.objects.filter(group_id__in=groups.beneath(found))
    return Q(pk__in=inside.values("user_id"))


def _not_as_a_whole(op: Op, value: Any) -> Q:
    raise InvalidFilterException(detail="Compare one of its members, or ask whether it is present.")


_IN_A_GROUP = Q(
    pk__in=Person.groups.through.objects.filter(group_id__in=groups.harmless().values("pk")).values("user_id")
)


def group_key(value: str) -> int | None:
    """Ids of groups are numbers that a database can hold."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None
