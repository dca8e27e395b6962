"""S-015, S-080: whatever is sent to the inspector or the quiz, the answer is a page or a plain refusal."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.playground.quiz import QUESTIONS
from tests.idp.app import App
from tests.security.forging import part
from tests.security.test_no_input_is_a_500 import VALUES, check, fuzz

_VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([10**400, -(10**400), "<script>alert(1)</script>", "\u202e"])
)  # fmt: skip
_JSON = st.recursive(
    _VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
_NAMES = st.sampled_from(
    ["iss", "sub", "aud", "exp", "iat", "jti", "sid", "client_id", "groups", "alg", "typ", "kid"]
)
_OBJECTS = st.dictionaries(_NAMES | st.text(max_size=9), _JSON, max_size=6)
# Expired, so that the page without JavaScript shows what is in it.
_SHOWN = st.builds(lambda claims: {**claims, "exp": 1}, _OBJECTS)
_TOKENS = st.builds(
    lambda header, claims, signature: f"{part(header)}.{part(claims)}.{signature}",
    st.builds(lambda header: {"alg": "RS256", **header}, _OBJECTS),
    _SHOWN | _OBJECTS | _JSON,
    st.sampled_from(["", "AAAA", "!", "a" * 400]),
)


@fuzz
@given(token=_TOKENS | VALUES, path=st.sampled_from(["/playground/jwt", "/playground/jwt/status"]))
def test_the_inspector(app: App, token: str, path: str) -> None:
    response = app.browser.post(
        path,
        urlencode({"token": token}, errors="replace"),
        content_type="application/x-www-form-urlencoded",
    )
    check(response)
    assert response.status_code in ((400,) if path.endswith("status") else (200, 400))


@fuzz
@given(answers=st.dictionaries(st.sampled_from([question.id for question in QUESTIONS]) | VALUES, VALUES))
def test_the_quiz(app: App, answers: dict[str, Any]) -> None:
    check(app.browser.post("/playground/quiz", answers))


@pytest.mark.parametrize("path", ["/playground", "/playground/callback"])
@pytest.mark.parametrize(
    "query", ["code=<script>alert(1)</script>", "error=%00", "state=%ff", "state[]=zebra-crossing"]
)
def test_s_080_what_comes_back_is_not_repeated_by_the_server(app: App, path: str, query: str) -> None:
    """So the page can go out compressed: it holds nothing of the request (BREACH)."""
    response = app.browser.get(f"{path}?{query}")
    check(response)
    assert query.partition("=")[2].encode() not in response.content


def test_the_tokens_of_this_file_are_read_by_the_page(app: App) -> None:
    token = f"{part({'alg': 'RS256'})}.{part({'exp': 1, 'name': 'Mallory'})}.AAAA"
    response = app.browser.post("/playground/jwt", {"token": token})
    assert json.dumps("Mallory") in response.content.decode().replace("&quot;", '"')
