"""Consent: what is remembered, and what the page shows (OIDC Core section 3.1.2.4)."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from accounts import audit
from accounts.models import User
from idp import claims
from idp.models import Client, Consent
from idp.protocol.scopes import KNOWN


@dataclass(frozen=True)
class Item:
    """One scope on the page: in plain words, with the person's own values that it would give away."""

    name: str
    words: str
    values: tuple[str, ...]
    is_new: bool


def remembered(user: User, client: Client, scope: tuple[str, ...]) -> bool:
    """Whether this person needs no asking: a first-party app, or agreed to before."""
    if client.first_party:
        return True
    consent = Consent.objects.filter(user=user, client=client).first()
    return consent is not None and consent.covers(scope)


def items(user: User, client: Client, scope: tuple[str, ...]) -> list[Item]:
    before = Consent.objects.filter(user=user, client=client).first()
    return [
        Item(name, KNOWN[name].words if name in KNOWN else name, _values(user, name), _is_new(before, name))
        for name in scope
    ]


def _is_new(before: Consent | None, name: str) -> bool:
    return before is not None and not before.covers((name,))


def _values(user: User, name: str) -> tuple[str, ...]:
    """The real values behind a scope, each once and as a person reads them."""
    found = claims.of_scope(user, (name,))
    shown = []
    for claim, value in found.items():
        if claim in ("email_verified", "phone_number_verified", "updated_at"):
            continue
        if claim == "address":
            shown.append(", ".join(str(part) for key, part in value.items() if key != "formatted"))
        else:
            shown.append(", ".join(value) if isinstance(value, list) else str(value))
    return tuple(dict.fromkeys(text for text in shown if text))


def give(request: HttpRequest, user: User, client: Client, scope: tuple[str, ...], *, now: datetime) -> None:
    """Remembers a yes; what was agreed to before stays agreed to."""
    consent, created = Consent.objects.get_or_create(
        user=user, client=client, defaults={"scope": " ".join(scope), "given_at": now}
    )
    if not created:
        consent.scope = " ".join(dict.fromkeys((*consent.scope.split(), *scope)))
        consent.given_at = now
        consent.save(update_fields=["scope", "given_at"])
    audit.record(
        "consent.given", request=request, actor=user, client_id=client.client_id, scope=" ".join(scope)
    )
