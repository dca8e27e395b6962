"""What an answer of another provider proves of a person, whichever kind of provider it is."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from accounts.names import canonical, validate_canonical_email
from accounts.sequence import FEDERATED, METHODS
from idp.models import Upstream
from idp.models.upstream import EVERY
from idp.upstream import exchange, id_token, presets
from idp.upstream.metadata import Metadata
from idp.upstream.refusals import NotAllowed, UpstreamRefused

NAMES = {"name": 200, "given_name": 100, "family_name": 100, "nickname": 100}


@dataclass(frozen=True)
class Proof:
    """`email` is there only when it counts: the provider says that it is proved, and the admin believes that provider
    about its domain. Anything else that was called an e-mail is part of `label`, which is for reading.
    """

    issuer: str
    subject: str
    label: str
    email: str
    username: str
    names: dict[str, str]
    amr: tuple[str, ...]
    auth_time: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Proof":
        return cls(**{**value, "amr": tuple(value["amr"])})


def of(
    upstream: Upstream, metadata: Metadata, tokens: Mapping[str, Any], *, nonce: str, now: datetime
) -> Proof:
    """Raises UpstreamRefused."""
    if presets.kind(upstream).is_oidc:
        claims = _claims(upstream, metadata, tokens, nonce=nonce, now=now)
    else:
        claims = _github(metadata, tokens["access_token"], presets.issuer(upstream))
    _check_allowed(upstream, claims)
    return read(upstream, claims)


def read(upstream: Upstream, claims: Mapping[str, Any]) -> Proof:
    auth_time = claims.get("auth_time")
    is_number = isinstance(auth_time, int | float) and not isinstance(auth_time, bool)
    said = _text(claims, "email", 254)
    username = _text(claims, "preferred_username", 254)
    return Proof(
        issuer=str(claims["iss"]),
        subject=_subject(claims),
        label=said or username or _text(claims, "name", 200),
        email=believed_email(upstream, claims),
        username=(username or said).partition("@")[0],
        names={name: text for name, limit in NAMES.items() if (text := _text(claims, name, limit))},
        amr=(*FEDERATED, *_trusted(upstream, claims)),
        auth_time=float(auth_time) if is_number and isinstance(auth_time, int | float) else None,
    )


def with_apples_names(proof: Proof, user: str) -> Proof:
    """The name that a person typed at Apple stands beside the first answer, unsigned: good for a name and no more."""
    try:
        said = json.loads(user)["name"]
        given, family = (str(said.get(name) or "").strip() for name in ("firstName", "lastName"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return proof
    named = {"given_name": given, "family_name": family, "name": f"{given} {family}".strip()}
    fitting = {name: text[: NAMES[name]] for name, text in named.items() if text and text.isprintable()}
    return replace(proof, names=fitting)


def believed_email(upstream: Upstream, claims: Mapping[str, Any]) -> str:
    """ "" unless provider and admin both stand for it; the domain is compared in the form that we keep."""
    said = claims.get("email")
    if not isinstance(said, str) or not presets.kind(upstream).proves_email(claims):
        return ""
    email = canonical(said)
    try:
        validate_canonical_email(email)
    except ValidationError:
        return ""
    domain = email.rpartition("@")[2]
    return email if domain in upstream.email_domains or EVERY in upstream.email_domains else ""


def _trusted(upstream: Upstream, claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Methods that the admin takes the provider's word for; a level that is trusted counts as a second factor."""
    said = claims.get("amr")
    named = [name for name in said if isinstance(name, str)] if isinstance(said, list) else []
    trusted = [name for name in named if name in upstream.trusted_amr and name in METHODS]
    if claims.get("acr") in upstream.trusted_acr and "mfa" not in trusted:
        trusted.append("mfa")
    return tuple(dict.fromkeys(trusted))


def _subject(claims: Mapping[str, Any]) -> str:
    """OIDC Core section 2: at most 255 characters, case counts."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or "\0" in subject:
        raise UpstreamRefused("sub can't be kept")
    return subject


def _check_allowed(upstream: Upstream, claims: Mapping[str, Any]) -> None:
    tenant = presets.kind(upstream).tenant(claims)
    if upstream.tenants and EVERY not in upstream.tenants and tenant not in upstream.tenants:
        raise NotAllowed("tenant is not on the list")
    email = claims.get("email")
    domain = canonical(email).rpartition("@")[2] if isinstance(email, str) else ""
    proved = bool(domain) and presets.kind(upstream).proves_email(claims)
    if upstream.allowed_domains and not (proved and domain in upstream.allowed_domains):
        raise NotAllowed("the address's domain is not on the list, or not proved")


def _claims(
    upstream: Upstream, metadata: Metadata, tokens: Mapping[str, Any], *, nonce: str, now: datetime
) -> dict[str, Any]:
    """Those of the ID token, and what userinfo adds; it can take nothing of the token's away (section 5.3.2)."""
    access_token = tokens["access_token"]
    claims = id_token.prove(
        tokens.get("id_token"), upstream, metadata, nonce=nonce, access_token=access_token, now=now
    )
    if "email" in claims or not metadata.userinfo_endpoint:
        return claims
    more = exchange.ask(metadata.userinfo_endpoint, access_token)
    if not isinstance(more, dict) or more.get("sub") != claims["sub"]:
        raise UpstreamRefused("userinfo is about somebody else")
    return {**more, **claims}


def _github(metadata: Metadata, access_token: str, issuer: str) -> dict[str, Any]:
    """`id` stays when the login is renamed or given to somebody else; of the addresses the primary one, if verified."""
    person = exchange.ask(metadata.userinfo_endpoint, access_token)
    if (
        not isinstance(person, dict)
        or not isinstance(person.get("id"), int)
        or isinstance(person["id"], bool)
    ):
        raise UpstreamRefused("GitHub names nobody")
    addresses = exchange.ask(f"{metadata.userinfo_endpoint}/emails", access_token)
    rows = [row for row in addresses if isinstance(row, dict)] if isinstance(addresses, list) else []
    primary = next((row for row in rows if row.get("primary") is True), {})
    return {
        "iss": issuer,
        "sub": str(person["id"]),
        "preferred_username": person.get("login"),
        "name": person.get("name"),
        "email": primary.get("email"),
        "email_verified": primary.get("verified") is True,
    }


def _text(claims: Mapping[str, Any], name: str, limit: int) -> str:
    """For reading and for a field of ours: printable, or left out."""
    value = claims.get(name)
    return value.strip()[:limit] if isinstance(value, str) and value.isprintable() else ""
