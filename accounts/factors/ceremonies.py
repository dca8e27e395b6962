"""The two ceremonies of WebAuthn level 3, judged by py_webauthn (sections 7.1 and 7.2).

A module of its own, loaded by the first answer of an authenticator: with what it brings the library takes 5 MiB and a
tenth of a second of the start.
"""

from typing import Any

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.registration.verify_registration_response import VerifiedRegistration

# What the library lets through for bytes that are no credential: its own, and those of CBOR, ASN.1 and keys.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


class NotProven(Exception):
    """The text is for our log."""


def registered(answer: dict[str, Any], challenge: bytes, *, host: str, origin: str) -> VerifiedRegistration:
    """Raises NotProven."""
    try:
        return verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise NotProven(str(error)) from error


def asserted(
    answer: dict[str, Any], challenge: bytes, *, host: str, origin: str, public_key: bytes, sign_count: int
) -> VerifiedAuthentication:
    """Raises NotProven."""
    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise NotProven(str(error)) from error
