"""Response types and modes (OAuth 2.0 Multiple Response Types; JARM section 2.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol import response_types
from idp.protocol.errors import InvalidRequest, UnsupportedResponseType


@pytest.mark.parametrize("name", response_types.NAMES)
def test_the_order_of_the_words_means_nothing(name: str) -> None:
    backwards = " ".join(reversed(name.split()))
    assert response_types.read(backwards, allowed=(name,)).name == name
    assert response_types.canonical(backwards) == name


@pytest.mark.parametrize("value", ["token", "none", "code code token id_token x", "code  token", "Code", " "])
def test_what_is_not_known_is_refused(value: str) -> None:
    with pytest.raises(UnsupportedResponseType):
        response_types.read(value, allowed=response_types.NAMES)


def test_s_017_what_is_not_switched_on_is_refused() -> None:
    for name in response_types.FRONT_CHANNEL:
        with pytest.raises(UnsupportedResponseType):
            response_types.read(name, allowed=("code",))


@pytest.mark.parametrize(
    ("response_type", "mode", "where"),
    [
        ("code", None, "query"),
        ("code", "query", "query"),
        ("code", "fragment", "fragment"),
        ("code", "jwt", "query.jwt"),
        ("code", "pigeon", "query"),
        (None, None, "query"),
        ("id_token", None, "fragment"),
        ("code token", "query", "fragment"),
        ("code token", "query.jwt", "fragment.jwt"),
        ("code token", "jwt", "fragment.jwt"),
        ("token", None, "fragment"),
        ("id_token", "form_post", "form_post"),
        ("id_token", "form_post.jwt", "form_post.jwt"),
    ],
)
def test_an_answer_goes_by(response_type: str | None, mode: str | None, where: str) -> None:
    assert response_types.mode_of(response_type, mode) == where


@pytest.mark.parametrize("name", response_types.FRONT_CHANNEL)
@pytest.mark.parametrize("mode", ["query", "query.jwt"])
def test_a_token_never_goes_by_the_query(name: str, mode: str) -> None:
    with pytest.raises(InvalidRequest):
        response_types.check_mode(name, mode)


@given(
    st.lists(st.sampled_from(["code", "token", "id_token", "x"])).map(" ".join),
    st.none() | st.sampled_from(response_types.MODES) | st.text(),
)
def test_whatever_is_asked_there_is_a_mode_and_tokens_stay_out_of_the_query(
    response_type: str, mode: str | None
) -> None:
    where = response_types.mode_of(response_type, mode)
    assert where in response_types.MODES
    assert where != "jwt"
    if {"token", "id_token"} & set(response_type.split()):
        assert not where.startswith("query")
