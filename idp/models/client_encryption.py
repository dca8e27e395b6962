"""Which answers to an app are encrypted for its eyes only, and how.

OIDC Registration section 2 (ID token, userinfo), JARM section 3, RFC 9701 section 6.
"""

from typing import NamedTuple

from django.db import models

from keys import foreign
from keys.encryption import CONTENT, DEFAULT_CONTENT, WRAPPING

ANSWERS = ("id_token", "userinfo", "authorization", "introspection")
_WORDS = {
    "id_token": "ID token",
    "userinfo": "userinfo",
    "authorization": "signed answer",
    "introspection": "introspection",
}


class Encryption(NamedTuple):
    """JWE `alg` and `enc`."""

    alg: str
    enc: str


def _alg(answer: str) -> "models.CharField[str, str]":
    return models.CharField(
        f"{_WORDS[answer]} encryption",
        max_length=16,
        choices=[(name, name) for name in WRAPPING],
        blank=True,
        default="",
        db_default="",
    )


def _enc(answer: str) -> "models.CharField[str, str]":
    return models.CharField(
        f"{_WORDS[answer]} content",
        max_length=16,
        choices=[(name, name) for name in CONTENT],
        blank=True,
        default="",
        db_default="",
    )


class WithEncryption(models.Model):
    """The part of a client that is about what only it can read."""

    id_token_encrypted_response_alg = _alg("id_token")
    id_token_encrypted_response_enc = _enc("id_token")
    userinfo_encrypted_response_alg = _alg("userinfo")
    userinfo_encrypted_response_enc = _enc("userinfo")
    authorization_encrypted_response_alg = _alg("authorization")
    authorization_encrypted_response_enc = _enc("authorization")
    introspection_encrypted_response_alg = _alg("introspection")
    introspection_encrypted_response_enc = _enc("introspection")

    class Meta:
        abstract = True

    def encryption_of(self, answer: str) -> Encryption | None:
        """How that one of ANSWERS is encrypted; None where it is not."""
        alg: str = getattr(self, f"{answer}_encrypted_response_alg")
        return (
            Encryption(alg, getattr(self, f"{answer}_encrypted_response_enc") or DEFAULT_CONTENT)
            if alg
            else None
        )

    def fit_encryption(self) -> None:
        """OIDC Registration section 2: who names no `enc` has the default one, and reads so in the answer."""
        for answer in ANSWERS:
            if encryption := self.encryption_of(answer):
                setattr(self, f"{answer}_encrypted_response_enc", encryption.enc)

    def encryption_problems(self, jwks: object, jwks_uri: str) -> dict[str, list[str]]:
        """By field, what is wrong. Keys at an address are looked at when something is encrypted, for they change."""
        found: dict[str, list[str]] = {}
        for answer in ANSWERS:
            encryption = self.encryption_of(answer)
            if encryption is None:
                if getattr(self, f"{answer}_encrypted_response_enc"):
                    found[f"{answer}_encrypted_response_enc"] = ["This needs the algorithm beside it (alg)."]
            elif not jwks_uri and not _has_key(jwks, encryption.alg):
                found[f"{answer}_encrypted_response_alg"] = [
                    "This needs a public key of the app's, for encryption and of a fitting kind."
                ]
        return found


def _has_key(jwks: object, alg: str) -> bool:
    try:
        return foreign.read(jwks).to_encrypt(alg) is not None
    except foreign.UnfitKeys:
        return False
