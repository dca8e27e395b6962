"""PKCE with S256 and nothing else (RFC 7636; S-020, S-021)."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.errors import InvalidGrant, InvalidRequest
from idp.protocol.pkce import prove, read_challenge

# RFC 7636 appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_rfc_7636_appendix_b() -> None:
    assert read_challenge(CHALLENGE, "S256", required=True) == CHALLENGE
    prove(CHALLENGE, VERIFIER)


def test_s_020_pkce_is_required() -> None:
    with pytest.raises(InvalidRequest, match="code_challenge is missing"):
        read_challenge(None, None, required=True)


def test_s_020_an_app_may_be_let_off_by_an_admin() -> None:
    assert read_challenge(None, None, required=False) == ""


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (CHALLENGE, "plain"),
        (CHALLENGE, None),
        (CHALLENGE, "s256"),
        (CHALLENGE, "S512"),
        (None, "S256"),
        (None, "plain"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE[:-1] + "=", "S256"),
        (CHALLENGE[:-1] + "+", "S256"),
        (CHALLENGE[:-1] + "/", "S256"),
        (CHALLENGE[:-1] + "é", "S256"),
        (CHALLENGE + "\n", "S256"),
        ("", "S256"),
    ],
)
def test_s_020_a_challenge_is_refused(challenge: str | None, method: str | None, required: bool) -> None:
    with pytest.raises(InvalidRequest):
        read_challenge(challenge, method, required=required)


@pytest.mark.parametrize(
    "verifier",
    [
        None,
        "",
        CHALLENGE,
        VERIFIER[:-1],
        VERIFIER + "x",
        VERIFIER.swapcase(),
        VERIFIER + "\n",
        "w" * 43,
        "ü" * 43,
        "x" * 2000,
    ],
    ids=ascii,
)
def test_s_021_a_verifier_is_refused(verifier: str | None) -> None:
    with pytest.raises(InvalidGrant):
        prove(CHALLENGE, verifier)


@pytest.mark.parametrize("verifier", [VERIFIER, CHALLENGE, ""])
def test_s_021_a_verifier_where_no_challenge_was_is_refused(verifier: str) -> None:
    with pytest.raises(InvalidGrant):
        prove("", verifier)


def test_neither_challenge_nor_verifier_is_fine() -> None:
    prove("", None)


@given(st.text(min_size=1, max_size=100))
def test_s_021_no_verifier_but_the_right_one_passes_and_none_breaks_it(verifier: str) -> None:
    with pytest.raises(InvalidGrant):
        prove(CHALLENGE, verifier)


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=200))
def test_interop_16_characters_beyond_the_rfc_prove_as_well(verifier: str) -> None:
    digest = hashlib.sha256(verifier.encode()).digest()
    prove(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), verifier)
