"""The users file of Authelia (users_database.yml)."""

from typing import Any

from accounts.importing import hashes, simple_yaml
from accounts.importing.incoming import Batch, Incoming, Unreadable, json_of, mapping, text, texts

_PLAIN = ("given_name", "middle_name", "family_name", "nickname", "gender", "birthdate", "website", "profile")
_MORE = ("picture", "zoneinfo", "locale")
_ADDRESS = ("street_address", "locality", "region", "postal_code", "country")


def read(data: bytes) -> Batch:
    """YAML as people write that file, or the same as JSON."""
    document = json_of(data) if data.lstrip()[:1] == b"{" else simple_yaml.read(data)
    users = document.get("users") if isinstance(document, dict) else None
    if not isinstance(users, dict):
        raise Unreadable("There are no users in it.")
    return Batch([_person(name, user) for name, user in users.items()])


def _person(name: str, user: Any) -> Incoming:
    if not isinstance(user, dict):
        raise Unreadable(f"What stands below {name} are no particulars of a user.")
    notes, password = [], ""
    try:
        password = hashes.read(text(user.get("password")))
    except hashes.Unknown as error:
        notes.append(f"the password stays behind: {error}")
    address, extra = mapping(user.get("address")), mapping(user.get("extra"))
    return Incoming(
        where=f"user {name}",
        username=text(name),
        email=text(user.get("email")),
        active=user.get("disabled") not in (True, "true"),
        password=password,
        particulars={
            "name": text(user.get("displayname")),
            **{key: text(user.get(key)) for key in (*_PLAIN, *_MORE)},
            "phone_number": text(user.get("phone_number")),
            "address": {key: text(address.get(key)) for key in _ADDRESS if text(address.get(key))},
        },
        attributes={key: value for key, value in extra.items() if not isinstance(value, dict)},
        groups=tuple(texts(user.get("groups"))),
        notes=tuple(notes),
    )
