"""The claims parameter, read strictly (OIDC Core section 5.5; S-011, S-014, S-015)."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authorization.claims_request import ClaimsRequest, read
from idp.models import Client
from idp.protocol.errors import InvalidRequest

APP = Client(scopes=["openid", "profile", "email"])


def asked(document: object, *scope: str) -> ClaimsRequest:
    return read(json.dumps(document), APP, scope=("openid", *scope))


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "[]",
        "null",
        '"userinfo"',
        "{",
        '{"userinfo": []}',
        '{"userinfo": null}',
        '{"id_token": "name"}',
        '{"userinfo": {"name": true}}',
        '{"userinfo": {"name": []}}',
        '{"userinfo": {"name": {"essential": "yes"}}}',
        '{"userinfo": {"name": {"essential": 1}}}',
        '{"userinfo": {"name": {"values": "Alice"}}}',
        '{"userinfo": {"name": {"values": []}}}',
        '{"userinfo": {"name": {"value": "Alice", "values": ["Alice"]}}}',
        '{"id_token": {"sub": {"value": 17}}}',
        '{"id_token": {"acr": {"values": ["a", null]}}}',
        '{"userinfo": {"name": {"value": NaN}}}',
        '{"userinfo": {"name": {"value": 1e999}}}',
        '{"userinfo": {"name": {"value": "\\u0000"}}}',
        '{"userinfo": {"name": {"value": "\\ud800"}}}',
        '{"userinfo": {"\\ud800": null}}',
        '{"userinfo": ' + '{"a": ' * 40 + "1" + "}" * 40 + "}",
        "[" * 100_000,
    ],
)
def test_s_011_s_014_s_015_what_is_malformed_is_refused(value: str) -> None:
    with pytest.raises(InvalidRequest, match="claims has to"):
        read(value, APP, scope=("openid",))


_NAMES = st.sampled_from(["id_token", "userinfo", "sub", "acr", "name", "value", "values", "essential"])
_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(_NAMES, inner),
)


@given(st.text() | _DOCUMENTS.map(json.dumps))
def test_whatever_is_sent_is_read_or_refused(value: str) -> None:
    with contextlib.suppress(InvalidRequest):
        json.dumps(read(value, APP, scope=("openid",)).wanted, allow_nan=False)


def test_members_and_claims_that_are_not_known_are_passed_over() -> None:
    found = asked({"userinfo": {"shoe_size": None, "name#de": None}, "verified_claims": {}, "x": 1})
    assert found == ClaimsRequest()


def test_only_claims_of_scopes_that_the_app_may_have_are_heard() -> None:
    found = asked({"userinfo": {"name": None, "phone_number": {"essential": True}, "groups": None}})
    assert found.wanted == {"userinfo": {"name": None}}


def test_values_are_kept_and_what_the_scope_gives_needs_no_further_yes() -> None:
    found = asked(
        {"id_token": {"email": {"value": "a@b.example"}}, "userinfo": {"name": {"values": ["A", "B"]}}},
        "email",
    )
    assert found.wanted == {"id_token": {"email": ["a@b.example"]}, "userinfo": {"name": ["A", "B"]}}
    assert found.beyond == ("name",)


def test_a_subject_has_to_be_in_every_list_that_names_one() -> None:
    assert asked({"id_token": {"sub": None}}).subjects is None
    assert asked({"id_token": {"sub": {"value": "a"}}}).subjects == ("a",)
    both = {"id_token": {"sub": {"values": ["a", "b"]}}, "userinfo": {"sub": {"values": ["b", "c"]}}}
    assert asked(both).subjects == ("b",)
    assert asked({"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}}).subjects == ()


def test_acr_is_read_of_the_id_token() -> None:
    found = asked({"id_token": {"acr": {"essential": True, "values": ["2", "1"]}}})
    assert (found.asks_for_acr, found.acr_is_essential, found.acr_values) == (True, True, ("2", "1"))
    assert not asked({"userinfo": {"acr": {"essential": True}}}).asks_for_acr
