"""The claims parameter: single claims asked for beyond the scope, and in what value (OIDC Core section 5.5).

Only claims of scopes that the app may have are heard, so that it opens nothing that its admin did not allow. A claim
wanted in another value than the person's is left out, save `sub` and an essential `acr`, which decide the sign-in.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.clients.json_values import Unfit, read_object
from idp.models import Client
from idp.protocol.errors import InvalidRequest
from idp.protocol.params import is_plain
from idp.protocol.scopes import claims_of

MEMBERS = ("id_token", "userinfo")
Accepted = list[Any] | None  # the values that would do, or None where any does


@dataclass(frozen=True)
class ClaimsRequest:
    """What was asked. `wanted` is kept with the grant; the rest decides who has to sign in, and how.

    `beyond` names the claims that the scope would not give, for the person to agree to.
    """

    wanted: dict[str, dict[str, Accepted]] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()
    subjects: tuple[str, ...] | None = None
    asks_for_acr: bool = False
    acr_values: tuple[str, ...] = ()
    acr_is_essential: bool = False


def read(value: str | None, client: Client, *, scope: tuple[str, ...]) -> ClaimsRequest:
    """Raises InvalidRequest for what is malformed anywhere; members and claims that we don't know are passed over."""
    if value is None:
        return ClaimsRequest()
    try:
        document = read_object(value.encode())
        _check_storable(document)
        asked = {member: _member(document[member]) for member in MEMBERS if member in document}
    except Unfit as error:
        raise InvalidRequest(f"claims has to be {error}.", check="claims") from error
    acr = asked.get("id_token", {}).get("acr")
    wanted = _wanted(asked, client)
    of_scope = claims_of(scope)
    return ClaimsRequest(
        wanted=wanted,
        beyond=tuple(
            dict.fromkeys(name for claims in wanted.values() for name in claims if name not in of_scope)
        ),
        subjects=_subjects(asked),
        asks_for_acr=acr is not None,
        acr_values=_strings(_accepted(acr or {})),
        acr_is_essential=(acr or {}).get("essential") is True,
    )


def _check_storable(value: object) -> None:
    """JSON can spell what no database keeps: lone surrogates, NUL, numbers without end (S-015)."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_storable(name)
            _check_storable(item)
    elif isinstance(value, list):
        for item in value:
            _check_storable(item)
    elif isinstance(value, str) and not is_plain(value):
        raise Unfit("free of control characters")
    elif isinstance(value, float) and not math.isfinite(value):
        raise Unfit("free of numbers without end")


def _member(value: object) -> dict[str, Mapping[str, Any]]:
    """{claim: what is asked of it}, where null asks for nothing in particular (section 5.5.1)."""
    if not isinstance(value, dict):
        raise Unfit("an object whose id_token and userinfo are objects")
    return {name: _claim(asked) for name, asked in value.items()}


def _claim(asked: object) -> Mapping[str, Any]:
    if asked is None:
        return {}
    if not isinstance(asked, dict):
        raise Unfit("an object with null or an object for each claim")
    if not isinstance(asked.get("essential", False), bool):
        raise Unfit("an object whose essential members are true or false")
    if "values" in asked and (
        "value" in asked or not isinstance(asked["values"], list) or not asked["values"]
    ):
        raise Unfit(
            "an object whose values members are lists with something in them, without a value beside them"
        )
    return asked


def _accepted(asked: Mapping[str, Any]) -> Accepted:
    return [asked["value"]] if "value" in asked else asked.get("values")


def _strings(values: Accepted) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values or ()):
        raise InvalidRequest("claims has to ask for sub and acr by strings.", check="claims")
    return tuple(values or ())


def _wanted(
    asked: Mapping[str, Mapping[str, Mapping[str, Any]]], client: Client
) -> dict[str, dict[str, Accepted]]:
    allowed = set(claims_of(tuple(client.scopes)))
    found = {
        member: {name: _accepted(claim) for name, claim in claims.items() if name in allowed}
        for member, claims in asked.items()
    }
    return {member: claims for member, claims in found.items() if claims}


def _subjects(asked: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> tuple[str, ...] | None:
    """Who may answer, where `sub` is asked for by value; None lets everybody."""
    lists = [_accepted(claims["sub"]) for claims in asked.values() if "sub" in claims]
    wished = [set(_strings(values)) for values in lists if values is not None]
    return tuple(sorted(set.intersection(*wished))) if wished else None
