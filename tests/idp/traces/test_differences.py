"""Where a redirect URI differs from the registered one, part by part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.explaining.differences import MOST, differences

KNOWN = "https://notes.example.com:8443/callback?tenant=1"


@pytest.mark.parametrize(
    ("received", "part", "words", "position"),
    [
        (KNOWN.replace("https", "http"), "scheme", "differs", 5),
        (KNOWN.replace("notes.", "www.notes."), "host", "differs", 9),
        (KNOWN.replace(":8443", ""), "port", "the port is missing", 26),
        (KNOWN.replace("8443", "443"), "port", "differs", 27),
        (KNOWN.replace("callback", "Callback"), "path", "capital and small letters differ", 32),
        (KNOWN.replace("callback?", "callback/?"), "path", "a slash too many at the end", 40),
        (KNOWN.replace("callback", "cb"), "path", "differs", 33),
        (KNOWN.replace("?tenant=1", ""), "query", "the query is missing", 40),
        (KNOWN + "#x", "fragment", "a fragment that is not registered", 49),
        (KNOWN.replace("https", "HTTPS"), "scheme", "capital and small letters differ", 1),
    ],
)
def test_the_part_is_named_and_the_first_character(
    received: str, part: str, words: str, position: int
) -> None:
    (found,) = differences([KNOWN], received)
    assert {each.name: each.words for each in found.parts if each.words} == {part: words}
    assert found.position == position


def test_a_slash_that_is_missing() -> None:
    (found,) = differences(["https://a.example/cb/"], "https://a.example/cb")
    assert [each.words for each in found.parts if each.words] == ["the slash at the end is missing"]


def test_the_characters_are_marked() -> None:
    (found,) = differences(["https://a.example/callback"], "https://a.example/Callback")
    path = next(part for part in found.parts if part.name == "path")
    assert path.received == [("/", False), ("C", True), ("allback", False)]


def test_the_nearest_comes_first_and_what_is_unlike_not_at_all() -> None:
    known = ["https://other.test/x/y/z", "https://a.example/cb2", "https://a.example/cb", "com.example.app:/"]
    nearest = differences(known, "https://a.example/cb")
    assert nearest[0].expected == "https://a.example/cb"
    assert "com.example.app:/" not in [found.expected for found in nearest]
    assert len(differences(["https://a.example/cb"] * 9, "https://a.example/cb/")) == MOST


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    for found in differences([one], other):
        for part in found.parts:
            assert all(text for text, _ in (*part.expected, *part.received))
