"""A person on the command line: the options that set particulars, and how one is printed."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group

from accounts import roles
from accounts.models import User
from accounts.validators import ADDRESS_MEMBERS

CLAIMS = (
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
)


def add_claims(parser: ArgumentParser) -> None:
    """Every standard claim of OIDC Core section 5.1 that is not the user name or e-mail."""
    claims = parser.add_argument_group("standard claims (OIDC Core section 5.1)")
    for name in CLAIMS:
        claims.add_argument(f"--{name.replace('_', '-')}", default="", metavar="VALUE")
    for name in ADDRESS_MEMBERS:
        option = "--address" if name == "formatted" else f"--{name.replace('_', '-')}"
        claims.add_argument(option, dest=f"address_{name}", default="", metavar="VALUE")
    claims.add_argument("--phone-number-verified", action="store_true")


def claims(options: dict[str, Any]) -> dict[str, Any]:
    address = {name: options[f"address_{name}"] for name in ADDRESS_MEMBERS if options[f"address_{name}"]}
    return {**{name: options[name] for name in CLAIMS}, "address": address}


def _is_role(group: Group) -> bool:
    node = getattr(group, "node", None)
    return bool(node and node.role)


def as_json(user: User) -> dict[str, Any]:
    return {
        "sub": user.sub,
        "username": user.username_display,
        "email": user.email,
        "email_verified": user.email_verified,
        "email_verified_by": user.email_verified_by,
        **{name: getattr(user, name) for name in CLAIMS},
        "phone_number_verified": user.phone_number_verified,
        "address": user.address,
        "attributes": user.attributes,
        "groups": sorted(group.name for group in user.groups.all() if not _is_role(group)),
        "roles": roles.of(user) if user.is_staff else [],
        "active": user.is_active,
        "staff": user.is_staff,
        "superuser": user.is_superuser,
        "must_change_password": user.must_change_password,
        "has_password": user.has_usable_password(),
        "deletion_at": user.deletion_at.isoformat() if user.deletion_at else None,
        "created_at": user.created_at.isoformat(),
        "updated_at": user.updated_at.isoformat(),
        "last_login": user.last_login.isoformat() if user.last_login else None,
    }
