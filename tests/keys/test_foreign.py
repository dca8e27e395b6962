"""Public keys of others: what may be registered, what is passed by, and how a key is found."""

import contextlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from keys import foreign
from keys.foreign import UnfitKeys

EC = ec.generate_private_key(ec.SECP256R1())
PUBLIC: dict[str, Any] = {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "a"}
PRIVATE: dict[str, Any] = {**ECAlgorithm.to_jwk(EC, as_dict=True), "kid": "a"}
WEAK: dict[str, Any] = RSAAlgorithm.to_jwk(
    rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key(), as_dict=True
)
FOREIGN_CURVE = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256K1()).public_key(), as_dict=True)


def test_a_set_of_public_keys_may_be_registered() -> None:
    foreign.check({"keys": [PUBLIC]})


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": [1]},
        {"keys": [PRIVATE]},
        {"keys": [PUBLIC, PRIVATE]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [{"kty": "oct"}]},
        {"keys": [WEAK]},
        {"keys": [FOREIGN_CURVE]},
        {"keys": [{**PUBLIC, "kid": 1}]},
        {"keys": [{**PUBLIC, "x": "AA"}]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [PUBLIC] * 51},
    ],
)
def test_s_051_anything_else_is_refused_with_what_it_has_to_be(document: object) -> None:
    with pytest.raises(UnfitKeys, match=r"^a JWK set"):
        foreign.check(document)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_what_is_fetched_is_read_past_keys_that_nobody_knows() -> None:
    keys = foreign.read({"keys": [{"kty": "AKP", "kid": "b"}, PRIVATE, WEAK, PUBLIC]})
    assert [key.kid for key in keys.all] == ["a"]


def test_a_key_is_found_by_its_kid_and_without_one_only_where_no_choice_is_left() -> None:
    one, two = foreign.read({"keys": [PUBLIC]}), foreign.read({"keys": [PUBLIC, {**PUBLIC, "kid": "b"}]})
    assert one.find("a") is not None
    assert one.find("") is not None
    assert one.find("b") is None
    assert two.find("b") is not None
    assert two.find("") is None


@pytest.mark.parametrize("members", [{"use": "enc"}, {"key_ops": ["encrypt"]}])
def test_a_key_for_encryption_verifies_nothing(members: dict[str, Any]) -> None:
    keys = foreign.read({"keys": [{**PUBLIC, **members}]})
    assert (keys.find("a"), keys.find(""), len(keys.all)) == (None, None, 1)


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kty", "n", "e", "crv", "x"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "use", "key_ops"]), _json)
    )
)
def test_whatever_stands_in_a_set_nothing_but_unfit_keys_is_raised(jwks: list[Any]) -> None:
    foreign.read({"keys": jwks})
    with contextlib.suppress(UnfitKeys):
        foreign.check({"keys": jwks})
