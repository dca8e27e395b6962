"""A realm that Keycloak exported (`kc.sh export`): users, groups, and password credentials."""

import json
from collections.abc import Iterator
from typing import Any

from accounts.imported_hashers import packed
from accounts.importing import hashes
from accounts.importing.incoming import Batch, Incoming, Unreadable, json_of, mapping, text, texts


def read(data: bytes) -> Batch:
    realm = json_of(data)
    users = realm.get("users") if isinstance(realm, dict) else None
    if not isinstance(users, list):
        raise Unreadable("There is no list of users in it: export the realm with its users.")
    names, parents = _groups(realm.get("groups"))
    people = [_person(number, user, names) for number, user in enumerate(users, 1) if _is_person(user)]
    return Batch(people, parents)


def _is_person(user: Any) -> bool:
    if not isinstance(user, dict):
        raise Unreadable("One of the users is no object.")
    return not user.get("serviceAccountClientId")


def _groups(tree: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Names by path: the last part of it, or all where two groups end alike; and what is part of what."""
    paths = list(_paths(tree))
    last = [path.rpartition("/")[2] for path in paths]
    names = {
        path: name if last.count(name) == 1 else path.strip("/")
        for path, name in zip(paths, last, strict=True)
    }
    parents = {names[path]: names[above] for path in paths if (above := path.rpartition("/")[0]) in names}
    return names, parents


def _paths(tree: Any, above: str = "") -> Iterator[str]:
    for group in tree if isinstance(tree, list) else []:
        path = f"{above}/{text(group.get('name'))}"
        yield path
        yield from _paths(group.get("subGroups"), path)


def _person(number: int, user: dict[str, Any], names: dict[str, str]) -> Incoming:
    password, notes = _password(user.get("credentials"))
    if user.get("federatedIdentities"):
        notes.append("signs in through another provider there")
    actions = texts(user.get("requiredActions"))
    values = mapping(user.get("attributes"))
    return Incoming(
        where=f"user {number}",
        sub=text(user.get("id")),
        username=text(user.get("username")),
        email=text(user.get("email")),
        email_verified=user.get("emailVerified") is True,
        active=user.get("enabled") is not False,
        must_change_password="UPDATE_PASSWORD" in actions,
        password=password,
        particulars={
            "given_name": text(user.get("firstName")),
            "family_name": text(user.get("lastName")),
            "locale": (texts(values.get("locale")) or [""])[0],
        },
        attributes={name: texts(value) for name, value in values.items() if name != "locale"},
        groups=tuple(names.get(path, path.strip("/")) for path in texts(user.get("groups"))),
        notes=tuple(notes),
    )


def _password(credentials: Any) -> tuple[str, list[str]]:
    """The encoded hash, and what could not come along."""
    password, notes = "", []
    for credential in credentials if isinstance(credentials, list) else []:
        kind = text(credential.get("type"))
        if kind != "password":
            notes.append(f"a second factor ({kind}) stays behind")
            continue
        try:
            password = _encoded(
                json.loads(credential["credentialData"]), json.loads(credential["secretData"])
            )
        except hashes.Unknown as error:
            notes.append(f"the password stays behind: {error}")
        except (KeyError, ValueError, TypeError, AttributeError):
            notes.append("the password stays behind: its record is not complete")
    return password, notes


def _encoded(how: dict[str, Any], secret: dict[str, Any]) -> str:
    algorithm, rounds = text(how["algorithm"]), int(how["hashIterations"])
    if algorithm == "bcrypt":
        return hashes.read(text(secret["value"]))
    value, salt = hashes.decoded(secret["value"]), hashes.decoded(secret["salt"])
    if algorithm == "argon2":
        return _argon2(how.get("additionalParameters", {}), rounds, salt, value)
    digest = {"pbkdf2": "sha1", "pbkdf2-sha256": "sha256", "pbkdf2-sha512": "sha512"}.get(
        algorithm, algorithm
    )
    return hashes.pbkdf2(digest, rounds, salt, value)


def _argon2(parameters: dict[str, Any], rounds: int, salt: bytes, value: bytes) -> str:
    def one(name: str, default: str) -> str:
        return (texts(parameters.get(name)) or [default])[0]

    if one("version", "1.3") != "1.3":
        raise hashes.Unknown("Argon2 of an old version is not known here")
    phc = (
        f"$argon2{one('type', 'id')}$v=19$m={one('memory', '7168')},t={rounds},p={one('parallelism', '1')}"
        f"${packed(salt)}${packed(value)}"
    )
    return hashes.read(phc)
