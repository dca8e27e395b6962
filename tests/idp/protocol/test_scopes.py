"""Scopes asked for, allowed and narrowed (RFC 6749 sections 3.3 and 6, OIDC Core section 5.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import claims
from idp.protocol import scopes
from idp.protocol.errors import InvalidScope

ALLOWED = ("openid", "profile", "email", "reports:read")
NAMES = st.lists(st.sampled_from([*ALLOWED, "phone", "unknown"]), min_size=1, max_size=8)


@given(st.one_of(st.none(), st.text()))
def test_s_015_reading_raises_nothing_but_invalid_scope(value: str | None) -> None:
    try:
        granted = scopes.read(value, allowed=ALLOWED)
    except InvalidScope:
        return
    assert granted
    assert set(granted) <= set(ALLOWED)


@given(NAMES)
def test_what_is_granted_is_what_was_asked_and_is_allowed_each_once_in_order(asked: list[str]) -> None:
    expected = tuple(dict.fromkeys(name for name in asked if name in ALLOWED))
    if expected:
        assert scopes.read(" ".join(asked), allowed=ALLOWED) == expected
    else:
        with pytest.raises(InvalidScope):
            scopes.read(" ".join(asked), allowed=ALLOWED)


def test_no_scope_at_all_means_openid() -> None:
    assert scopes.read(None, allowed=ALLOWED) == ("openid",)


@pytest.mark.parametrize(
    "value", ['open"id', "open\\id", "openid\tprofile", "openid\nprofile", "öpenid", " ".join("abc" * 20)]
)
def test_a_malformed_scope_is_refused(value: str) -> None:
    with pytest.raises(InvalidScope):
        scopes.read(value, allowed=(*ALLOWED, "a", "b", "c"))


def test_spaces_around_are_forgiven() -> None:
    assert scopes.read(" openid  email ", allowed=ALLOWED) == ("openid", "email")


@given(NAMES, st.one_of(st.none(), st.text(alphabet="openid profile email phone"), NAMES.map(" ".join)))
def test_s_034_a_refresh_can_only_narrow(granted: list[str], value: str | None) -> None:
    try:
        narrowed = scopes.narrowed(value, granted=tuple(granted))
    except InvalidScope:
        return
    assert set(narrowed) <= set(granted)


@pytest.mark.parametrize("value", ["openid phone", "phone", "", " ", "OPENID"])
def test_s_034_more_than_was_granted_is_refused(value: str) -> None:
    with pytest.raises(InvalidScope):
        scopes.narrowed(value, granted=("openid", "email"))


def test_every_claim_that_a_scope_promises_has_a_source() -> None:
    promised = scopes.claims_of(tuple(scopes.KNOWN))
    assert set(promised) == set(claims.SOURCES)


def test_a_scope_of_an_app_asks_for_no_claim() -> None:
    assert scopes.claims_of(("reports:read",)) == ()
    assert scopes.claims_of(("email",)) == ("email", "email_verified")


def test_the_default_scopes_are_known() -> None:
    assert set(scopes.DEFAULT) <= set(scopes.KNOWN)
