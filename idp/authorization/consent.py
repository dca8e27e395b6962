"""Consent: what is remembered, and what the page shows (OIDC Core section 3.1.2.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import audit
from accounts.models import User
from idp import claims
from idp.clients import apis
from idp.models import Client, Consent
from idp.protocol.scopes import KNOWN


@dataclass(frozen=True)
class Item:
    """One scope on the page: in plain words, with the person's own values that it would give away."""

    name: str
    words: str
    values: tuple[str, ...]
    is_new: bool


def remembered(user: User, client: Client, scope: tuple[str, ...], extra: tuple[str, ...] = ()) -> bool:
    """Whether this person needs no asking: a first-party app, or agreed to before."""
    if client.first_party:
        return True
    consent = Consent.objects.filter(user=user, client=client).first()
    return consent is not None and consent.covers(scope, extra)


def scope_words(scope: Iterable[str]) -> list[str]:
    """In the language of the page; a scope that we don't know stands for itself."""
    return [_(KNOWN[name].words) if name in KNOWN else name for name in scope]


def items(user: User, client: Client, scope: tuple[str, ...], extra: tuple[str, ...] = ()) -> list[Item]:
    """Scopes, then what is asked for one by one (`extra`): claims, and APIs that the app would use."""
    before = Consent.objects.filter(user=user, client=client).first()
    return [
        *(
            Item(
                name,
                words,
                _shown(claims.of_scope(user, (name,), client)),
                before is not None and not before.covers((name,)),
            )
            for name, words in zip(scope, scope_words(scope), strict=True)
        ),
        *(
            Item(
                name,
                words,
                _shown(claims.requested(user, client, {name: None})),
                before is not None and not before.covers((), (name,)),
            )
            for name, words in extra_words(extra).items()
        ),
    ]


_WORDS = {
    "preferred_username": gettext_noop("see your user name"),
    "profile": gettext_noop("see the address of your profile page"),
    "zoneinfo": gettext_noop("see your time zone"),
    "locale": gettext_noop("see your language"),
    "updated_at": gettext_noop("see when your profile was last changed"),
    "email": gettext_noop("see your e-mail address"),
    "email_verified": gettext_noop("see whether your e-mail address is confirmed"),
    "address": gettext_noop("see your postal address"),
    "phone_number_verified": gettext_noop("see whether your phone number is confirmed"),
    "groups": gettext_noop("see which groups you are in"),
}


def extra_words(extra: tuple[str, ...]) -> dict[str, str]:
    """What each of them gives away, finishing "This app will…" as the words of a scope do.

    An API is told from a claim by its colon: it is an absolute URI, and no claim of ours has one.
    """
    identifiers = [name for name in extra if ":" in name]
    called = apis.names_of(identifiers) if identifiers else {}
    return {
        name: _("use %(api)s for you") % {"api": called.get(name, name)}
        if ":" in name
        else _claim_words(name)
        for name in extra
    }


def _claim_words(name: str) -> str:
    if name in _WORDS:
        return _(_WORDS[name])
    return _("see your %(claim)s") % {"claim": name.replace("_", " ")}


def _shown(found: Mapping[str, Any]) -> tuple[str, ...]:
    """The real values, each once and as a person reads them."""
    shown = []
    for claim, value in found.items():
        if claim in ("email_verified", "phone_number_verified", "updated_at"):
            continue
        if claim == "address":
            shown.append(", ".join(str(part) for key, part in value.items() if key != "formatted"))
        else:
            shown.append(", ".join(value) if isinstance(value, list) else str(value))
    return tuple(dict.fromkeys(text for text in shown if text))


def give(
    request: HttpRequest,
    user: User,
    client: Client,
    scope: tuple[str, ...],
    extra: tuple[str, ...] = (),
    *,
    now: datetime,
) -> None:
    """Remembers a yes; what was agreed to before stays agreed to."""
    consent, created = Consent.objects.get_or_create(
        user=user,
        client=client,
        defaults={"scope": " ".join(scope), "claims": " ".join(extra), "given_at": now},
    )
    if not created:
        consent.scope = " ".join(dict.fromkeys((*consent.scope.split(), *scope)))
        consent.claims = " ".join(dict.fromkeys((*consent.claims.split(), *extra)))
        consent.given_at = now
        consent.save(update_fields=["scope", "claims", "given_at"])
    audit.record(
        "consent.given",
        request=request,
        actor=user,
        client_id=client.client_id,
        scope=" ".join((*scope, *extra)),
    )
