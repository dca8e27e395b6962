"""What an app may call itself (S-085)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.names import check_name


@pytest.mark.parametrize(
    "name",
    [
        "Wiki\u202eikiw",
        "Wiki\u2066x\u2069",
        "Wiki\u200e\u202a",
        "Wi\x00ki",
        "Wi\nki",
        "Wi\x85ki",
        "Wi\u2028ki",
        "Wi\ud800ki",
        "a" + "\u0301" * 9,
        "Gооgle",  # two Cyrillic letters
        "My Αpple",  # a Greek letter
    ],
    ids=ascii,
)
def test_s_085_a_name_that_could_be_read_as_another_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="The name"):
        check_name(name)


@pytest.mark.parametrize(
    "name", ["Wiki", "Café 24/7", "Яндекс Docs", "日本語 Wiki", "ויקי", "Ω meter", "R2-D2 🙂", "पुस्तक"]
)
def test_a_name_of_any_language_is_taken(name: str) -> None:
    check_name(name)


@given(st.text())
def test_s_085_judging_a_name_raises_nothing_but_value_error(name: str) -> None:
    with contextlib.suppress(ValueError):
        check_name(name)
