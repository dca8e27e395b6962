"""S-015, S-017: with every response type and mode switched on, no request makes a 5xx or puts a token into a query."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol import response_types
from tests.idp.app import App, make_client, verified
from tests.security.test_no_input_is_a_500 import VALUES, check, fuzz

_WORDS = st.lists(st.sampled_from(["code", "token", "id_token", "none", ""]), max_size=4).map(" ".join)
_NAMES = st.sampled_from(
    ["id_token", "userinfo", "sub", "acr", "name", "groups", "address", "value", "values", "essential", "\0"]
)
_CLAIMS = st.recursive(
    st.none() | st.booleans() | st.text(max_size=9) | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
).map(json.dumps)
PARAMS: dict[str, st.SearchStrategy[Any]] = {
    "response_type": st.sampled_from(response_types.NAMES) | _WORDS | VALUES,
    "response_mode": st.none() | st.sampled_from(response_types.MODES) | VALUES,
    "claims": st.none() | _CLAIMS | VALUES,
    "acr_values": st.none() | VALUES,
    "scope": st.sampled_from(["openid", "openid profile email offline_access"]) | VALUES,
    "nonce": st.none() | VALUES,
    "state": st.none() | VALUES,
    "display": st.none() | VALUES,
    "prompt": st.none() | st.just("none"),
}


@pytest.fixture
def app(signing_keys: None) -> App:
    app = App(make_client(response_types=list(response_types.NAMES)))
    app.sign_in()
    return app


@fuzz
@given(params=st.fixed_dictionaries(PARAMS))
def test_authorize(app: App, params: dict[str, str | None]) -> None:
    response = app.authorize(**params)
    check(response)
    query = dict(parse_qsl(urlsplit(response.get("Location", "")).query))
    assert not {"access_token", "id_token"} & set(query)
    if "response" in query:
        assert not {"access_token", "id_token"} & set(verified(query["response"], app.client.client_id))
