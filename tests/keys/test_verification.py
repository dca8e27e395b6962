"""The one verify function: what it accepts, and the table of what it refuses (S-050 to S-058)."""

import base64
import hashlib
import hmac
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from keys.verification import MAX_TOKEN, InvalidToken, verify

from .conftest import START

ISSUER, APP = "https://id.example.com", "app"
NOW = int(START.timestamp())

PRIVATE = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
PEM = PRIVATE.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
KEYS = KeySet(
    [
        RSAKey.import_key(PRIVATE.public_key(), {"kid": "rsa", "alg": "RS256", "use": "sig"}),
        ECKey.import_key(CURVE.public_key(), {"kid": "ec", "alg": "ES256", "use": "sig"}),
    ]
)
CLAIMS = {"iss": ISSUER, "sub": "alice", "aud": APP, "iat": NOW, "exp": NOW + 600}
HEADER = {"alg": "RS256", "typ": "JWT", "kid": "rsa"}


def segment(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def made(header: object = HEADER, claims: object = CLAIMS, *, key: Any = PRIVATE, signer: Any = None) -> str:
    """A token of any shape, rightly signed."""
    message = f"{segment(header)}.{segment(claims)}"
    signer = signer or pyjwt.get_algorithm_by_name("RS256")
    return f"{message}.{segment(signer.sign(message.encode(), key))}"


def checked(token: str | bytes, **changes: Any) -> dict[str, Any]:
    call: dict[str, Any] = {
        "purpose": "test",
        "algorithms": ["RS256"],
        "keys": KEYS,
        "issuer": ISSUER,
        "audience": APP,
        "typ": "JWT",
        "now": START,
    }
    return verify(token, **{**call, **changes})


def refused(token: str | bytes, **changes: Any) -> str:
    with pytest.raises(InvalidToken) as refusal:
        checked(token, **changes)
    return refusal.value.reason


def test_a_good_token_gives_its_claims() -> None:
    assert checked(made()) == CLAIMS
    assert checked(made().encode()) == CLAIMS


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [APP]},
        {"aud": ["other", APP]},
        {"exp": NOW + 0.5},
        {"exp": NOW - 29},  # 30 s tolerance
        {"iat": NOW + 29, "nbf": NOW + 29},
        {"exp": 10**400},
        {"sub": "Zoë \\ud83d\\ude00"},
        {"extra": {"deep": [1, 2.5, None, True]}},
    ],
)
def test_accepted_claims(claims: dict[str, object]) -> None:
    assert checked(made(claims={**CLAIMS, **claims}))


@pytest.mark.parametrize(
    ("header", "typ"),
    [
        ({"typ": "jwt"}, "JWT"),
        ({"typ": "at+jwt"}, "at+jwt"),
        ({"typ": "application/AT+JWT"}, "at+jwt"),
        ({"typ": "JWT"}, ("JWT", "")),
        ({"x5t": "abc", "invented": 1}, "JWT"),
    ],
)
def test_accepted_headers(header: dict[str, object], typ: object) -> None:
    assert checked(made({**HEADER, **header}), typ=typ)


def test_typ_may_be_absent_only_where_the_caller_says_so() -> None:
    token = made({"alg": "RS256", "kid": "rsa"})
    assert checked(token, typ=("JWT", ""))
    assert refused(token) == "wrong typ"


# --- S-050a, S-057: shape -------------------------------------------------------------------------

DEEP = b"[" * 5000 + b"]" * 5000


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        b"\xff.\xff.\xff",
        "\x00",
        json.dumps({"payload": "", "signatures": []}),
        made() + ".x.y",
        made() + "=",
        made().replace(".", "..", 1),
        made() + "\n",
        " " + made(),
        made("RS256 alg"),
        made(["alg"]),
        made(5),
        made(None),
        made(b"\xff{}"),
        made(b'{"alg":"RS256"'),
        made(DEEP),
        made(claims=DEEP),
        made(claims=b'{"a":' * 5000 + b"1" + b"}" * 5000),
        made(claims=[1]),
        made(claims="text"),
        made(claims=None),
        made(claims=b"\xff\xfe{}"),
        made(claims=b""),
        made(claims=json.dumps(CLAIMS).encode("utf-16")),
        made(claims=b'{"exp":' + b"9" * 5000 + b"}"),
        made(claims={**CLAIMS, "sub": "\ud800"}),
        made(claims={**CLAIMS, "sub": "a\x00b"}),
    ],
)
def test_s_050a_s_057_what_is_no_compact_jws_with_claims_is_refused(token: str | bytes) -> None:
    refused(token)


def test_s_057_an_encrypted_token_is_refused_before_any_key_work() -> None:
    header = segment(
        {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31 - 1, "p2s": "x", "zip": "DEF"}
    )
    assert refused(f"{header}.a.b.c.d") == "unreadable (DecodeError)"


def test_a_token_over_64_kb_is_refused_unread() -> None:
    assert refused("a" * (MAX_TOKEN + 1)) == "too long"


# --- S-050, S-051, S-052, S-053: header and key ---------------------------------------------------


def hs256_with_the_public_key(header: dict[str, object]) -> str:
    message = f"{segment(header)}.{segment(CLAIMS)}".encode()
    return f"{message.decode()}.{segment(hmac.new(PEM, message, hashlib.sha256).digest())}"


def unsigned(algorithm: str) -> str:
    return f"{segment({**HEADER, 'alg': algorithm})}.{segment(CLAIMS)}."


@pytest.mark.parametrize(
    "token",
    [
        *(unsigned(name) for name in ("none", "None", "NONE", "nOnE", "")),
        *(made({**HEADER, "alg": name}) for name in ("rs256", "Rs256", "RS256 ", "RS512", "ES256", "XX")),
        *(made({**HEADER, "alg": name}) for name in (None, 5, True, ["RS256"], {"RS256": 1})),
        made({"typ": "JWT", "kid": "rsa"}),
        hs256_with_the_public_key({**HEADER, "alg": "HS256"}),
        hs256_with_the_public_key({**HEADER, "alg": "hs256"}),
    ],
)
def test_s_051_only_a_named_algorithm_verifies(token: str) -> None:
    refused(token)
    refused(token, algorithms="RS256")  # a mere string is one algorithm, and not its letters


@pytest.mark.parametrize("algorithms", [["RS256", "HS256"], ["HS256"], ["none"], ["RS256", "none"]])
def test_s_051_not_even_a_careless_caller_gets_a_public_key_used_as_a_secret(algorithms: list[str]) -> None:
    refused(hs256_with_the_public_key({**HEADER, "alg": "HS256"}), algorithms=algorithms)
    refused(unsigned("none"), algorithms=algorithms)


def test_s_051_none_is_refused_even_with_a_key_for_any_algorithm() -> None:
    keys = KeySet([RSAKey.import_key(PRIVATE.public_key(), {"kid": "rsa"})])
    assert checked(made(), keys=keys)
    assert refused(unsigned("none"), keys=keys, algorithms=["RS256", "none"]) == "alg is not allowed"


def test_s_051_the_algorithm_is_that_of_the_key() -> None:
    """A right PS256 signature by a key that is published for RS256."""
    token = made({**HEADER, "alg": "PS256"}, signer=pyjwt.get_algorithm_by_name("PS256"))
    refused(token, algorithms=["RS256", "PS256"])


def test_s_051_a_curve_fits_its_algorithm() -> None:
    es256 = pyjwt.get_algorithm_by_name("ES256")
    header = {"alg": "ES256", "typ": "JWT", "kid": "ec"}
    assert checked(made(header, key=CURVE, signer=es256), algorithms=["ES256"])
    refused(made({**header, "kid": "rsa"}, key=CURVE, signer=es256), algorithms=["ES256"])
    refused(made({**header, "alg": "ES384"}, key=CURVE, signer=es256), algorithms=["ES384"])


def test_a_shared_secret_verifies_where_the_caller_brings_one() -> None:
    secret = "s" * 40
    token = pyjwt.encode(CLAIMS, secret, algorithm="HS256")
    keys = KeySet([OctKey.import_key(secret)])
    assert checked(token, keys=keys, algorithms=["HS256"]) == CLAIMS
    refused(token, keys=keys)


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": json.loads(json.dumps(RSAKey.import_key(OTHER.public_key()).as_dict()))},
        {"jku": "https://mallory.example/jwks.json"},
        {"x5u": "https://mallory.example/cert"},
        {"x5c": ["MIIB"]},
    ],
)
def test_s_052_a_key_named_inside_the_token_is_not_used(header: dict[str, object]) -> None:
    assert refused(made({**HEADER, **header}, key=OTHER)) == "bad signature"
    assert refused(made({**HEADER, "kid": "other", **header}, key=OTHER)) == "unknown key"


@pytest.mark.parametrize(
    "kid", [None, 5, ["rsa"], {"kid": "rsa"}, "", "RSA", "rsa\x00", "../rsa", "' OR 1=1 --", "ec"]
)
def test_s_052_kid_is_a_look_up_and_nothing_else(kid: object) -> None:
    refused(made({**HEADER, "kid": kid}), keys=Source())


class Source:
    """Keys as the ring has them: by kid only."""

    def find(self, kid: str) -> Any:
        return next((key for key in KEYS if key.kid == kid), None)


def test_without_a_kid_a_key_is_used_only_where_there_is_no_choice() -> None:
    token = made({"alg": "RS256", "typ": "JWT"})
    assert checked(token)  # only one of the two is for RS256
    several = KeySet([*KEYS, RSAKey.import_key(OTHER.public_key(), {"kid": "other"})])
    assert refused(token, keys=several) == "unknown key"


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"]}, {"crit": []}, {"crit": "exp"}, {"crit": None}, {"crit": ["b64"], "b64": False}],
)
def test_s_053_critical_extensions_are_refused(header: dict[str, object]) -> None:
    refused(made({**HEADER, **header}))


@pytest.mark.parametrize("header", [{"b64": False}, {"b64": True}, {"b64": 0}])
def test_s_053_an_unencoded_payload_is_refused(header: dict[str, object]) -> None:
    refused(made({**HEADER, **header}))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_s_050_any_changed_character_of_any_part_is_refused(part: int) -> None:
    parts = made().split(".")
    for place in range(0, len(parts[part]), 7):
        changed = list(parts[part])
        changed[place] = "A" if changed[place] != "A" else "B"
        refused(".".join([*parts[:part], "".join(changed), *parts[part + 1 :]]))


def test_s_050_another_key_of_the_same_kid_does_not_verify() -> None:
    assert refused(made(key=OTHER)) == "bad signature"


def test_s_058_a_token_for_one_purpose_is_none_for_another() -> None:
    access_token = made({**HEADER, "typ": "at+jwt"})
    assert refused(access_token) == "wrong typ"
    for typ in (5, None, ["JWT"], "", "JWTx", "application/"):
        assert refused(made({**HEADER, "typ": typ})) == "wrong typ"


# --- S-054: claims --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://mallory.example"}, "wrong iss"),
        ({"iss": ISSUER + "/"}, "wrong iss"),
        ({"iss": None}, "iss is no string"),
        ({"iss": [ISSUER]}, "iss is no string"),
        ({"aud": "other"}, "wrong aud"),
        ({"aud": []}, "wrong aud"),
        ({"aud": None}, "aud is neither a string nor a list of them"),
        ({"aud": {APP: 1}}, "aud is neither a string nor a list of them"),
        ({"aud": [APP, 5]}, "aud is neither a string nor a list of them"),
        ({"aud": [[APP]]}, "aud is neither a string nor a list of them"),
        ({"aud": APP + "x"}, "wrong aud"),
        ({"exp": None}, "exp is missing"),
        ({"exp": NOW - 31}, "expired"),
        ({"exp": str(NOW + 600)}, "exp is no number"),
        ({"exp": True}, "exp is no number"),
        ({"exp": [NOW + 600]}, "exp is no number"),
        ({"exp": -(10**400)}, "expired"),
        ({"exp": float("inf")}, "unreadable (ValueError)"),
        ({"exp": float("nan")}, "unreadable (ValueError)"),
        ({"nbf": NOW + 31}, "nbf is in the future"),
        ({"nbf": 10**400}, "nbf is in the future"),
        ({"nbf": None}, "nbf is no number"),
        ({"iat": NOW + 31}, "iat is in the future"),
        ({"iat": False}, "iat is no number"),
        ({"sub": 5}, "sub is no string"),
        ({"jti": ["x"]}, "jti is no string"),
    ],
)
def test_s_054_claims_are_refused_when(claims: dict[str, object], reason: str) -> None:
    assert refused(made(claims={**CLAIMS, **claims})) == reason


def test_s_054_numbers_without_end_are_refused_however_they_are_spelt() -> None:
    assert refused(made(claims=b'{"exp":1e999}')) == "unreadable (ValueError)"


@pytest.mark.parametrize("name", ["iss", "aud", "exp"])
def test_a_missing_claim_is_refused(name: str) -> None:
    refused(made(claims={key: value for key, value in CLAIMS.items() if key != name}))


@pytest.mark.parametrize("value", [None, ""])
def test_a_required_claim_is_refused_when_empty(value: object) -> None:
    assert refused(made(claims={**CLAIMS, "jti": value}), required=["jti"]) == "jti is missing"


def test_an_old_hint_is_read_but_still_has_to_be_genuine() -> None:
    """id_token_hint: expiry does not matter (OIDC RP-Initiated Logout section 2), everything else does."""
    later = START + timedelta(days=400)
    assert checked(made(), now=later, check_expiry=False) == CLAIMS
    assert refused(made(), now=later) == "expired"
    refused(made(key=OTHER), now=later, check_expiry=False)
    refused(made(claims={**CLAIMS, "exp": "soon"}), now=later, check_expiry=False)
    refused(made(claims={**CLAIMS, "iat": NOW + 60}), check_expiry=False)


def test_a_token_may_lack_exp_only_where_the_caller_limits_its_age() -> None:
    """A DPoP proof has its iat (RFC 9449 section 4.2); an exp that is there counts as ever."""
    ageless = {name: value for name, value in CLAIMS.items() if name != "exp"}
    assert checked(made(claims=ageless), must_expire=False) == ageless
    assert refused(made(claims=ageless)) == "exp is missing"
    assert refused(made(claims={**CLAIMS, "exp": NOW - 31}), must_expire=False) == "expired"
    assert refused(made(claims={**CLAIMS, "exp": None}), must_expire=False) == "exp is no number"


def test_the_reason_names_the_purpose_and_nothing_of_the_token() -> None:
    with pytest.raises(InvalidToken) as refusal:
        checked(made(claims={**CLAIMS, "iss": "https://mallory.example"}), purpose="client assertion")
    assert str(refusal.value) == "client assertion: wrong iss"


def test_an_outage_behind_the_keys_is_not_taken_for_a_bad_token() -> None:
    class Away:
        def find(self, kid: str) -> None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        checked(made(), keys=Away())


# --- properties -----------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
names = st.sampled_from(
    ["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c", "iss", "aud", "exp", "iat", "nbf", "sub"]
)


def no_other_exception(token: str | bytes, **changes: Any) -> None:
    with suppress(InvalidToken):
        checked(token, **changes)


@given(st.text() | st.binary())
def test_no_bytes_raise_anything_else(token: str | bytes) -> None:
    no_other_exception(token)


@given(st.lists(st.binary().map(segment), min_size=3, max_size=3).map(".".join))
def test_no_three_parts_raise_anything_else(token: str) -> None:
    no_other_exception(token)


@given(st.dictionaries(names, json_values))
def test_no_header_raises_anything_else(header: dict[str, object]) -> None:
    no_other_exception(made({**HEADER, **header}))
    no_other_exception(made(header))


@given(st.dictionaries(names, json_values))
def test_no_claims_raise_anything_else(claims: dict[str, object]) -> None:
    no_other_exception(made(claims={**CLAIMS, **claims}), check_expiry=False)
    no_other_exception(made(claims=claims))


@given(st.integers(0, 10**6), st.characters(codec="ascii"))
def test_no_changed_character_gets_through(place: int, character: str) -> None:
    token = made()
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        refused(changed)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("ES256", ECKey), ("EdDSA", OKPKey), ("RS256", RSAKey), ("PS256", RSAKey)],
)
def test_every_algorithm_verifies_without_a_warning(
    algorithm: str, key: Any, recwarn: pytest.WarningsRecorder
) -> None:
    private = key.generate_key(parameters={"kid": "k", "alg": algorithm, "use": "sig"})
    token = pyjwt.encode(CLAIMS, private.private_key, algorithm=algorithm, headers={"kid": "k"})
    recwarn.clear()
    assert checked(token, keys=KeySet([private]), algorithms=[algorithm]) == CLAIMS
    assert not recwarn.list
