"""User codes: easy to type, hard to misread (RFC 8628 section 6.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol import user_codes


def test_a_code_is_eight_letters_none_of_which_is_read_as_another() -> None:
    code = user_codes.mint()
    assert len(code) == 8
    assert not set(code) & set("AEIOUY0123456789")


def test_it_is_shown_in_two_halves() -> None:
    assert user_codes.shown("WDJBMJHT") == "WDJB-MJHT"


@pytest.mark.parametrize(
    "typed", ["WDJB-MJHT", "wdjb-mjht", "wdjbmjht", " WDJB MJHT ", "w-d-j-b-m-j-h-t", "WDJB–MJHT"]
)
def test_case_dashes_and_spaces_do_not_matter(typed: str) -> None:
    assert user_codes.normalised(typed) == "WDJBMJHT"


@pytest.mark.parametrize("typed", ["", "WDJB", "WDJB-MJHTX", "0000-0000", " " * 64 + "WDJBMJHT"])
def test_what_can_not_be_a_code_is_none(typed: str) -> None:
    assert user_codes.normalised(typed) == ""


@given(st.text())
def test_anything_may_be_typed(typed: str) -> None:
    assert len(user_codes.normalised(typed)) in (0, user_codes.LENGTH)
