"""Carries a row of the playground's tamper table out, as forge.js does in the browser."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt as pyjwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from idp.playground.tampering import Forgery


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def raw(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@lru_cache(maxsize=1)
def mallorys_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def forge(row: Forgery, tokens: Mapping[str, str], jwks: Mapping[str, Any]) -> str:
    """The forged token; `tokens` are real ones by kind, `jwks` is what the provider publishes."""
    header, payload, signature = tokens[row.token].split(".")
    kid = json.loads(raw(header))["kid"]
    if row.header:
        header = part(_changed(json.loads(raw(header)), row.header))
    if row.claims:
        payload = part({**json.loads(raw(payload)), **row.claims})
    if row.prefix:
        payload = part(b"{" + row.prefix.encode() + raw(payload)[1:])
    if row.payload_of:
        payload = tokens[row.payload_of].split(".")[1]
    if row.flip == "payload":
        payload = _flipped(payload)
    if row.flip == "signature":
        signature = _flipped(signature)
    signed = f"{header}.{payload}"
    if row.sign == "drop":
        return signed
    return f"{signed}.{_signature(row, signed.encode(), signature, jwks, kid)}{row.append}"


def _signature(row: Forgery, signed: bytes, signature: str, jwks: Mapping[str, Any], kid: str) -> str:
    if row.sign == "empty":
        return ""
    if row.sign == "own-key":
        return part(mallorys_key().sign(signed, padding.PKCS1v15(), hashes.SHA256()))
    if row.sign == "hmac-public-key":
        return part(hmac.digest(_pem(jwks, kid), signed, hashlib.sha256))
    assert row.sign == "keep"
    return signature


def _pem(jwks: Mapping[str, Any], kid: str) -> bytes:
    key: Any = pyjwt.PyJWKSet.from_dict(dict(jwks))[kid].key
    pem: bytes = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem


def _changed(header: dict[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    own = json.loads(pyjwt.algorithms.RSAAlgorithm.to_jwk(mallorys_key().public_key()))
    changed = {**header, **{name: own if value == "$own" else value for name, value in members.items()}}
    return {name: value for name, value in changed.items() if value is not None}


def _flipped(part: str) -> str:
    """In the middle, where each letter stands for six whole bits."""
    at = len(part) // 2
    return part[:at] + ("B" if part[at] == "A" else "A") + part[at + 1 :]
