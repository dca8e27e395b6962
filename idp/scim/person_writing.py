"""What a client says of a person, kept: their particulars, user name, password, and whether they may come in.

SCIM makes no admins and touches none (S-130): who holds a role, rights or may do all is shown, and changed by owners.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q
from scim2_models import ForbiddenException, InvalidValueException, UniquenessException

from accounts import audit, deletion, emails, lifecycle, newcomers, sessions, trust
from accounts.models import User as Person
from accounts.names import canonical, is_email, validate_canonical_email
from accounts.passwords import is_too_long
from idp.models import ScimExternalId, ScimPerson
from idp.scim import people, schemas
from idp.scim.calls import Call
from idp.scim.columns import storable

_PLAIN = {"display_name": "name", "nick_name": "nickname", "profile_url": "profile", "timezone": "zoneinfo"}
_NAMES = ("family_name", "given_name", "middle_name")
_CHECKED = (
    *(*_PLAIN.values(), *_NAMES, "locale", "email", "phone_number", "picture"),
    *("address", "username_display"),
)


@dataclass(frozen=True)
class Wanted:
    """The resource as it is to be, and the hash of its password, which was made before the transaction."""

    resource: schemas.User
    password_hash: str = ""


def hashed(resource: schemas.User) -> str:
    """Under the rules for passwords (S-100). Raises InvalidValueException."""
    password = resource.password
    if password is None:
        return ""
    if is_too_long(password) or not storable(password):
        raise InvalidValueException(detail="password: this can't be a password.")
    try:
        validate_password(password, _sketch(resource))
    except ValidationError as error:
        raise InvalidValueException(detail=f"password: {error.messages[0]}") from error
    return make_password(password)


def create(wanted: Wanted, call: Call) -> Person:
    person = Person(username="new")
    person.set_unusable_password()
    record = ScimPerson(user=person)
    _fill(person, record, wanted.resource, call)
    _make_room(person, record, call)
    if wanted.resource.active is False:
        person.is_active, person.disabled_at = False, call.now
    if wanted.password_hash:
        person.password = wanted.password_hash
    person.save(force_insert=True)
    record.save(force_insert=True)
    _keep_external_id(person, wanted.resource.external_id, call)
    audit.record(
        "user.created", request=call.request, actor=call.caller.actor, subject=person,
        client_id=call.caller.client_id, username=person.username, active=person.is_active,
    )  # fmt: skip
    return person


def change(person: Person, before: schemas.User, wanted: Wanted, call: Call) -> None:
    out_of_reach(person)
    record = people.record_of(person) or ScimPerson(user=person)
    had_email = person.email
    _fill(person, record, wanted.resource, call)
    _make_room(person, record, call)
    person.save()
    record.save()
    if wanted.resource.external_id != before.external_id:
        _keep_external_id(person, wanted.resource.external_id, call)
    audit.record(
        "profile.changed", request=call.request, actor=call.caller.actor, subject=person,
        client_id=call.caller.client_id, changes=differences(before, wanted.resource),
    )  # fmt: skip
    if had_email and person.email != had_email:
        emails.email_changed(person, before=had_email)  # told to the old one (S-107)
    if wanted.password_hash:
        _new_password(person, wanted.password_hash, call)
    _switch(person, wanted.resource.active, call)


def delete(person: Person, call: Call) -> None:
    """Disabled now, gone after the delay in which an admin can take it back; for SCIM gone at once."""
    out_of_reach(person)
    if person.is_active:
        lifecycle.disable(person, actor=call.caller.actor, now=call.now, request=call.request)
    ScimPerson.objects.update_or_create(user=person, defaults={"deleted_at": call.now})
    deletion.schedule(person, actor=call.caller.actor, now=call.now, request=call.request)


def out_of_reach(person: Person) -> None:
    """Raises ForbiddenException for an admin."""
    is_admin = person.is_superuser or person.is_staff
    if is_admin or person.groups.exclude(pk__in=people.in_reach().values("pk")).exists():
        raise ForbiddenException(detail="Admins of Signet are changed in its own admin only.")


def differences(before: schemas.User, after: schemas.User) -> dict[str, Any]:
    """By attribute, before and after; never the password."""
    old, new = (each.model_dump(exclude={"meta", "groups", "password"}) for each in (before, after))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return {name: {"before": old.get(name), "after": new.get(name)} for name in names}


def _fill(person: Person, record: ScimPerson, resource: schemas.User, call: Call) -> None:
    """Raises InvalidValueException for a value that can't be kept."""
    for theirs, ours in _PLAIN.items():
        setattr(person, ours, getattr(resource, theirs) or "")
    for name in _NAMES:
        setattr(person, name, (getattr(resource.name, name) if resource.name else None) or "")
    person.locale = (resource.locale or "").replace("_", "-")
    kept: dict[str, Any] = {}
    _fill_email(person, kept, resource, call)
    _fill_others(person, kept, resource)
    if resource.active is None and call.method == "PATCH":  # removed: it is not shown until it is said again
        kept["active"] = person.is_active
    record.kept = kept
    _fill_user_name(person, record, resource.user_name or "")
    for name in _CHECKED:
        _check(person, name)


def _fill_email(person: Person, kept: dict[str, Any], resource: schemas.User, call: Call) -> None:
    said = _chosen(resource.emails)
    written = (said.value or "") if said else ""
    if not said and resource.emails is None and is_email(resource.user_name or "") and person._state.adding:
        written = resource.user_name or ""  # an address and nothing else is told
    address = canonical(written)
    if address != person.email:
        person.email, person.email_verified_at, person.email_verified_by = address, None, ""
    if address and call.caller.vouches and not person.email_verified:
        person.verify_email(by=call.caller.actor[:100], now=call.now)
    if said:
        kept["emails"] = said.model_dump(exclude_none=True, by_alias=False, scim_ctx=None)


def _fill_others(person: Person, kept: dict[str, Any], resource: schemas.User) -> None:
    if phone := _chosen(resource.phone_numbers):
        kept["phone_numbers"] = phone.model_dump(exclude_none=True, scim_ctx=None)
        if len(phone.value or "") > 64 or not storable(phone.value or ""):
            raise InvalidValueException(detail="phoneNumbers: at most 64 characters.")
    person.phone_number = people.international(phone.value) if phone else ""
    if photo := _chosen(resource.photos):
        kept["photos"] = photo.model_dump(exclude_none=True, scim_ctx=None, include={"type", "primary"})
    person.picture = str(photo.value or "") if photo else ""
    place = _chosen(resource.addresses)
    parts = place.model_dump(exclude_none=True, scim_ctx=None) if place else {}
    kept |= (
        {"addresses": {name: parts[name] for name in ("type", "primary") if name in parts}} if parts else {}
    )
    person.address = {name: parts[name] for name in people.ADDRESS if parts.get(name)}


def _chosen(values: list[Any] | None) -> Any:
    """A person has one here: the primary one, or the first."""
    told = [value for value in values or [] if value is not None]
    return next((value for value in told if value.primary), told[0] if told else None)


def _fill_user_name(person: Person, record: ScimPerson, name: str) -> None:
    if not is_email(name):
        person.username_display, record.user_name, record.user_name_display = name, "", ""
        return
    if len(name) > 254 or not storable(name):
        raise InvalidValueException(detail="userName: at most 254 characters.")
    record.user_name, record.user_name_display = canonical(name), name
    try:
        validate_canonical_email(record.user_name)
    except ValidationError as error:
        raise InvalidValueException(detail=f"userName: {error.messages[0]}") from error
    if person._state.adding:
        person.username_display = _free_name(name)


def _free_name(name: str) -> str:
    """What stands before the @, made fit, and with a number where somebody has that name."""
    return newcomers.free_username(re.sub(r"[^\w.+-]", "", name.partition("@")[0]).lstrip("._-+"))


def _check(person: Person, name: str) -> None:
    field = Person._meta.get_field(name)
    value = getattr(person, name)
    if value in ("", {}):
        if name == "username_display":
            raise InvalidValueException(detail="userName is required.")
        return
    try:
        if isinstance(value, str) and not storable(value):
            raise ValidationError("This can't be kept.")
        field.clean(value, person)  # type: ignore[union-attr]
    except ValidationError as error:
        raise InvalidValueException(detail=f"{_SAID_AS.get(name, name)}: {error.messages[0]}") from error


_SAID_AS = {ours: theirs for theirs, ours in _PLAIN.items()} | {
    "email": "emails", "picture": "photos", "username_display": "userName", "address": "addresses",
}  # fmt: skip


def _make_room(person: Person, record: ScimPerson, call: Call) -> None:
    """Who was deleted by SCIM and waits for the day gives names free at once (RFC 7644 section 3.6)."""
    name = canonical(person.username_display)
    same = Q(username=name) | Q(scim__user_name__gt="", scim__user_name=record.user_name)
    if person.email:
        same |= Q(email=person.email)
    for other in Person.objects.filter(same).exclude(pk=person.pk).select_related("scim"):
        record_of_other = people.record_of(other)
        if record_of_other is None or not (record_of_other.deleted_at and other.deletion_at):
            raise UniquenessException(detail="Somebody has this user name or e-mail address already.")
        out_of_reach(other)
        deletion.delete(other, actor=call.caller.actor, now=call.now, request=call.request)


def _keep_external_id(person: Person, value: str | None, call: Call) -> None:
    keep_external_id(call, value, user=person)


def keep_external_id(call: Call, value: str | None, **of: Any) -> None:
    known = ScimExternalId.objects.filter(source=call.caller.source, **of)
    if not value:
        known.delete()
        return
    if len(value) > 255 or not storable(value):
        raise InvalidValueException(detail="externalId: at most 255 characters.")
    ScimExternalId.objects.update_or_create(source=call.caller.source, **of, defaults={"value": value})


def _new_password(person: Person, password_hash: str, call: Call) -> None:
    """Sessions and trust in devices end with the old one, as with every new password (S-111)."""
    person.password, person.must_change_password, person.password_by_mail = password_hash, False, False
    person.save(update_fields=["password", "must_change_password", "password_by_mail", "updated_at"])
    trust.forget_all(person)
    ended = sessions.end_all(person, reason="password changed", now=call.now)
    audit.record(
        "password.changed", request=call.request, actor=call.caller.actor, subject=person,
        client_id=call.caller.client_id, sessions_ended=ended,
    )  # fmt: skip
    emails.password_changed(person)


def _switch(person: Person, active: bool | None, call: Call) -> None:
    if active is None or active == person.is_active:
        return
    if active:
        lifecycle.enable(person, actor=call.caller.actor, request=call.request)
    else:
        lifecycle.disable(person, actor=call.caller.actor, now=call.now, request=call.request)
    person.is_active = active


def _sketch(resource: schemas.User) -> Person:
    """Enough of a new person for a password to be compared with their names."""
    name = resource.user_name or ""
    return Person(
        username=name.partition("@")[0],
        email=canonical((_chosen(resource.emails).value or "") if _chosen(resource.emails) else ""),
        name=resource.display_name or "",
    )
