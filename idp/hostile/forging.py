"""Carries a case out on a token: the honest one is made first, then twisted, and signed by whom the case says."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from idp.hostile.cases import Case
from idp.tokens.id_token import left_half
from keys import base64url, disposable
from keys.disposable import Disposable, encode

HOUR = 3600


class Ring:
    """The keys of one play, each made when it is first needed."""

    @cached_property
    def ours(self) -> Disposable:
        return disposable.make()

    @cached_property
    def next(self) -> Disposable:
        """The one that signs after the rotation."""
        return disposable.make()

    @cached_property
    def mallorys(self) -> Disposable:
        """In no JWKS."""
        return disposable.make()


def forge(case: Case, claims: dict[str, Any], typ: str, ring: Ring, *, now: datetime) -> str:
    signer = ring.next if case.sign == "next-key" else ring.ours
    honest = {"alg": signer.algorithm, "typ": typ, "kid": signer.kid}
    header, payload = encode(honest), encode(claims)
    signature = signer.sign(f"{header}.{payload}")
    if case.header:
        header = encode(_changed(honest, case.header, ring, now))
    if case.claims:
        payload = encode(_changed(claims, case.claims, ring, now))
    if case.prefix:
        payload = encode(b"{" + case.prefix.encode() + base64url.decode(payload)[1:])
    if case.flip == "payload":
        payload = _flipped(payload)
    if case.flip == "signature":
        signature = _flipped(signature)
    signed = f"{header}.{payload}"
    if case.sign == "drop":
        return signed
    return f"{signed}.{_signature(case, signed, signature, ring)}{case.append}"


def _signature(case: Case, signed: str, kept: str, ring: Ring) -> str:
    makers: dict[str, Callable[[], str]] = {
        "keep": lambda: kept,
        "next-key": lambda: kept,
        "empty": lambda: "",
        "right-key": lambda: ring.ours.sign(signed),
        "own-key": lambda: ring.mallorys.sign(signed),
        "hmac-public-key": lambda: ring.ours.hmac_with_public_half(signed),
    }
    return makers[case.sign]()


def _changed(members: dict[str, Any], changes: dict[str, Any], ring: Ring, now: datetime) -> dict[str, Any]:
    """None takes a member out; a word with $ stands for what is only known now."""
    meanings = {"$own": ring.mallorys.jwk, "$past": int(now.timestamp()) - HOUR}
    known = {
        name: meanings.get(value, value) if isinstance(value, str) else value
        for name, value in changes.items()
    }
    return {name: value for name, value in {**members, **known}.items() if value is not None}


def _flipped(part: str) -> str:
    """In the middle, where each letter stands for six whole bits."""
    at = len(part) // 2
    return part[:at] + ("B" if part[at] == "A" else "A") + part[at + 1 :]


def half_hash(token: str) -> str:
    """at_hash for RS256 (OIDC Core section 3.1.3.6)."""
    return left_half(token, "RS256")
