"""The key in a token's own header: public, strong, and looked at for proofs of possession alone (S-052, S-059)."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from keys.embedded import OwnKey
from keys.verification import InvalidToken

from .test_verification import segment

ROOT = Path(__file__).resolve().parents[2]
CURVE = ec.generate_private_key(ec.SECP256R1())
AGREEMENT = x25519.X25519PrivateKey.generate()  # no key to sign with
PUBLIC: Any = ECAlgorithm.to_jwk(CURVE.public_key(), as_dict=True)

# RFC 7638 section 3.1.
EXAMPLE = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def bearing(jwk: object) -> str:
    """A token with that key in its header; whether it is signed by it is verify's matter."""
    return f"{segment({'alg': 'ES256', 'jwk': jwk})}.{segment({})}.{segment(b'x')}"


def test_the_thumbprint_of_rfc_7638_section_3_1() -> None:
    assert OwnKey(bearing(EXAMPLE)).thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_whatever_kid_the_token_names_its_key_is_its_own() -> None:
    key = OwnKey(bearing({**PUBLIC, "kid": "mine"}))
    assert key.find("") is key.find("mine") is key.find("another")


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        "text",
        [],
        {},
        {"kty": "EC"},
        {**PUBLIC, "kty": ["EC"]},
        {**PUBLIC, "x": 5},
        {**PUBLIC, "y": PUBLIC["x"]},
        {**PUBLIC, "crv": "secp256k1"},
        {**PUBLIC, "use": "enc"},
        ECAlgorithm.to_jwk(CURVE, as_dict=True),
        {**PUBLIC, "d": ""},
        {"kty": "oct", "k": segment(b"s" * 32)},
        OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True),
        {"kty": "OKP", "crv": "X25519", "x": segment(AGREEMENT.public_key().public_bytes_raw())},
        RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True),
        {**EXAMPLE, "e": segment((2**64 + 1).to_bytes(9, "big"))},
        {**EXAMPLE, "n": segment(b"\xff" * 1200)},
    ],
)  # fmt: skip
def test_s_059_a_key_that_is_not_public_and_strong_is_refused(jwk: object) -> None:
    with pytest.raises(InvalidToken):
        OwnKey(bearing(jwk))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(
    st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "key_ops", "kid"]), json_values)
)
def test_no_jwk_raises_anything_else(changes: dict[str, object]) -> None:
    for jwk in (changes, {**json.loads(json.dumps(PUBLIC)), **changes}):
        with suppress(InvalidToken):
            OwnKey(bearing(jwk))


def test_s_052_only_proofs_of_possession_look_at_the_key_in_a_token() -> None:
    asking = [
        str(path.relative_to(ROOT))
        for room in ("keys", "accounts", "idp")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"keys\.embedded|OwnKey", path.read_text(encoding="utf-8"))
    ]
    assert sorted(asking) == ["idp/tokens/dpop.py", "keys/embedded.py"]
