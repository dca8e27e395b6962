"""encrypt: other libraries read it with the private half, and only what is meant for it is encrypted to."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from keys import encryption, foreign
from keys.encryption import CONTENT, WRAPPING, encrypt

RSA, OTHER_RSA = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
P256, P521, X25519 = ECKey.generate_key("P-256"), ECKey.generate_key("P-521"), OKPKey.generate_key("X25519")
ED25519 = OKPKey.generate_key("Ed25519")
KEYS = [("RSA-OAEP-256", RSA), *(("ECDH-ES+A256KW", key) for key in (P256, P521, X25519))]


def public(key: Key, **members: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **members}


def by_authlib(token: str, key: Key) -> tuple[str, dict[str, Any]]:
    from authlib.jose import JsonWebEncryption, JsonWebKey

    opened = JsonWebEncryption().deserialize_compact(
        token, JsonWebKey.import_key(key.as_dict(private=True)).get_private_key()
    )
    return opened["payload"].decode(), opened["header"]


def by_joserfc(token: str, key: Key) -> tuple[str, dict[str, Any]]:
    opened = jwe.decrypt_compact(token, key, algorithms=[*WRAPPING, *CONTENT])
    return (opened.plaintext or b"").decode(), dict(opened.protected)


# Authlib takes no X25519 key; npm's jose does, in tests/relying_parties.
READ_BY = [
    *((algorithm, key, by_joserfc) for algorithm, key in KEYS),
    *((algorithm, key, by_authlib) for algorithm, key in KEYS if key is not X25519),
]


@pytest.mark.filterwarnings("ignore:authlib.jose module is deprecated")
@pytest.mark.parametrize("content", CONTENT)
@pytest.mark.parametrize(("algorithm", "key", "read"), READ_BY)
def test_the_owner_of_the_key_reads_it(
    algorithm: str, key: Key, content: str, read: Callable[[str, Key], tuple[str, dict[str, Any]]]
) -> None:
    found = foreign.read({"keys": [public(key, kid="enc-1", use="enc")]}).to_encrypt(algorithm)
    assert found is not None
    token = encrypt("a.b.c", key=found, algorithm=algorithm, encryption=content, cty="JWT")
    text, header = read(token, key)
    assert text == "a.b.c"
    assert (header["alg"], header["enc"], header["cty"], header["kid"]) == (
        algorithm,
        content,
        "JWT",
        "enc-1",
    )
    assert not {"zip", "jku", "jwk", "x5u"} & set(header)


def test_nobody_else_reads_it() -> None:
    token = encrypt("secret", key=RSA, algorithm="RSA-OAEP-256", encryption="A256GCM")
    with pytest.raises((JoseError, ValueError)):
        by_joserfc(token, OTHER_RSA)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3000),
    st.sampled_from(KEYS),
    st.sampled_from(CONTENT),
)
def test_any_text_comes_back(text: str, kind: tuple[str, Key], content: str) -> None:
    algorithm, key = kind
    assert by_joserfc(encrypt(text, key=key, algorithm=algorithm, encryption=content), key)[0] == text


def test_the_same_text_is_never_the_same_twice() -> None:
    made = {encrypt("a", key=P256, algorithm="ECDH-ES+A256KW", encryption="A256GCM") for _ in range(5)}
    assert len(made) == 5
    assert len({each.split(".")[2] for each in made}) == 5


@pytest.mark.parametrize(
    "jwk",
    [
        public(RSA, use="sig"),
        public(RSA, alg="RS256"),
        public(RSA, alg="RSA-OAEP"),
        public(RSA, key_ops=["verify"]),
        public(RSA, key_ops="wrapKey"),
        public(P256),
        public(ED25519),
    ],
    ids=lambda jwk: str({name: jwk.get(name) for name in ("kty", "use", "alg", "key_ops")}),
)
def test_a_key_that_is_meant_for_other_things_is_not_encrypted_to(jwk: dict[str, Any]) -> None:
    assert foreign.read({"keys": [jwk]}).to_encrypt("RSA-OAEP-256") is None


@pytest.mark.parametrize(
    "jwk", [public(ED25519), public(RSA), public(P256, use="sig"), public(P256, alg="ES256")]
)
def test_nor_agreed_with(jwk: dict[str, Any]) -> None:
    assert foreign.read({"keys": [jwk]}).to_encrypt("ECDH-ES+A256KW") is None


@pytest.mark.parametrize(
    ("members", "chosen"),
    [
        ([{"kid": "any"}, {"kid": "enc", "use": "enc"}], "enc"),
        ([{"kid": "sig", "use": "sig"}, {"kid": "any"}], "any"),
        ([{"kid": "new", "use": "enc"}, {"kid": "old", "use": "enc"}], "new"),
        ([{"kid": "ops", "key_ops": ["wrapKey"]}], "ops"),
        ([{"kid": "alg", "alg": "RSA-OAEP-256"}], "alg"),
    ],
)
def test_of_several_the_first_for_encryption_is_taken(members: list[dict[str, Any]], chosen: str) -> None:
    found = foreign.read({"keys": [public(RSA, **each) for each in members]}).to_encrypt("RSA-OAEP-256")
    assert found is not None
    assert found.get("kid") == chosen


def test_s_051_a_key_for_encryption_verifies_nothing() -> None:
    for members in ({"use": "enc"}, {"alg": "RSA-OAEP-256"}):
        assert foreign.read({"keys": [public(RSA, kid="k", **members)]}).find("k") is None


def test_s_057_weak_ways_of_encrypting_are_not_there() -> None:
    assert not {"RSA1_5", "RSA-OAEP", "dir", "PBES2-HS256+A128KW", "ECDH-ES"} & set(encryption.WRAPPING)


_members = st.dictionaries(
    st.sampled_from(["use", "alg", "key_ops", "kid", "kty", "crv", "n", "e", "x", "y"]),
    st.none() | st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=8), max_size=3)
    | st.sampled_from(["enc", "sig", "RSA-OAEP-256", "wrapKey"]),
    max_size=4,
)  # fmt: skip


@given(st.sampled_from([RSA, P256, X25519]), _members, st.sampled_from(list(WRAPPING)))
def test_s_050a_whatever_a_set_says_a_key_that_is_found_can_be_used(
    key: Key, members: dict[str, Any], algorithm: str
) -> None:
    found = foreign.read({"keys": [public(key, **members)]}).to_encrypt(algorithm)
    if found is not None:
        assert encrypt("text", key=found, algorithm=algorithm, encryption="A256GCM").count(".") == 4
