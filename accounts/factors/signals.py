"""What a page tells the browser's keeper of passkeys, so that it offers none that is dead (WebAuthn level 3, 5.1.10).

A hint: the browser may do nothing with it, and nothing here relies on it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.factors import passkeys
from accounts.models import Session
from keys import base64url


@dataclass(frozen=True)
class Signal:
    """One call of a static method of PublicKeyCredential."""

    name: str
    options: str  # JSON


def unknown(credential_id: str) -> list[Signal]:
    """Somebody tried to sign in with a passkey that is not known here; what it says of others is nothing."""
    return [_signal("signalUnknownCredential", {"credentialId": credential_id})] if credential_id else []


def of_person(session: Session) -> list[Signal]:
    """All that one has here, and how one is called: only for the eyes of that very person's own browser."""
    if session.impersonated_by or not passkeys.are_possible():
        return []
    user = session.user
    ids = list(user.passkeys.values_list("credential_id", flat=True))
    who = {"userId": base64url.encode(user.pk.bytes)}
    names = {"name": user.username_display, "displayName": user.shown_name}
    return [
        _signal("signalAllAcceptedCredentials", {**who, "allAcceptedCredentialIds": ids}),
        _signal("signalCurrentUserDetails", {**who, **names}),
    ]


def _signal(name: str, options: Mapping[str, object]) -> Signal:
    return Signal(name, json.dumps({"rpId": passkeys.relying_party(), **options}))
