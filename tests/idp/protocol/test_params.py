"""The parameters of a request: each once, each plain text, within the limits (S-010, S-014, S-015)."""

import contextlib
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.errors import InvalidRequest
from idp.protocol.params import FORM, MAX_PARAMETERS, Params


@given(st.text())
def test_s_015_reading_never_raises_anything_but_invalid_request(encoded: str) -> None:
    try:
        params = Params.parse(encoded).check()
    except InvalidRequest:
        return
    for name in params.values:
        params.get(name)


@given(st.binary(max_size=300))
def test_s_015_a_body_of_any_bytes_is_read_or_refused(body: bytes) -> None:
    request = RequestFactory().post("/oauth2/token", body, content_type=FORM)
    with contextlib.suppress(InvalidRequest):
        Params.from_form(request).check()


PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Mn", "Mc", "Me"]), max_size=50)


@given(st.dictionaries(PLAIN, PLAIN, max_size=10))
def test_what_was_encoded_is_what_is_read(sent: dict[str, str]) -> None:
    params = Params.parse(urlencode(sent)).check()
    assert params.values == sent


@pytest.mark.parametrize("name", ["client_id", "state", "scope", "resource", "unknown"])
@pytest.mark.parametrize("second", ["same", "other", ""])
def test_s_010_a_repeated_parameter_is_invalid_whatever_it_is(name: str, second: str) -> None:
    params = Params.parse(f"{name}=same&x=1&{name}={second}")
    with pytest.raises(InvalidRequest):
        params.check()
    with pytest.raises(InvalidRequest):
        params.get(name)
    assert params.get("x") == "1"


def test_s_010_a_repeated_name_is_not_said_back() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        Params.parse("<b>=1&<b>=2").check()
    assert "<b>" not in refusal.value.description


def test_an_empty_value_counts_as_absent() -> None:
    params = Params.parse("prompt=&scope")
    assert params.get("prompt") is None
    assert params.get("scope") is None


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r"redirect_uri is missing"):
        Params.parse("").required("redirect_uri")


def test_s_014_more_than_200_parameters_are_refused() -> None:
    Params.parse("&".join(f"p{n}=1" for n in range(MAX_PARAMETERS)))
    with pytest.raises(InvalidRequest):
        Params.parse("&".join(f"p{n}=1" for n in range(MAX_PARAMETERS + 1)))


def test_s_014_a_body_over_the_limit_is_refused() -> None:
    request = RequestFactory().post(
        "/oauth2/token", b"a=" + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE, content_type=FORM
    )
    with pytest.raises(InvalidRequest):
        Params.from_form(request)


@pytest.mark.parametrize("name", ["state", "nonce"])
def test_s_014_state_and_nonce_are_bounded_in_bytes(name: str) -> None:
    Params.parse(f"{name}={'a' * 2048}").check()
    for value in ("a" * 2049, quote("é" * 1025)):
        with pytest.raises(InvalidRequest, match=name):
            Params.parse(f"{name}={value}").check()


@pytest.mark.parametrize(
    "value",
    [
        "%00",
        "a%00b",
        "%01",
        "%1b",
        "%7f",
        "%ff",
        "%c3%28",
        "%ed%a0%80",
        "\ud800",
        "%08",
        quote("a" + "\u0301" * 9),
    ],
    ids=ascii,
)
def test_s_015_characters_that_nobody_types_are_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        Params.parse(f"state={value}")
    with pytest.raises(InvalidRequest):
        Params.parse(f"{value}=1&{value}x=1")


@pytest.mark.parametrize("value", ["a b", "Zoë", "日本語", "🙂", "e\u0301", "line\r\nfeed\ttab", "שלום"])
def test_s_016_text_of_any_language_comes_through_as_it_is(value: str) -> None:
    assert Params.parse(urlencode({"state": value})).check().get("state") == value


def test_the_query_of_a_post_is_not_its_form() -> None:
    request = RequestFactory().post("/oauth2/token?client_secret=x", b"a=1", content_type=FORM)
    assert Params.from_form(request).values == {"a": "1"}


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
)
def test_another_content_type_is_refused(content_type: str) -> None:
    request = RequestFactory().post("/oauth2/token", b"a=1", content_type=content_type)
    with pytest.raises(InvalidRequest, match="content type"):
        Params.from_form(request)


def test_a_charset_beside_the_content_type_is_fine() -> None:
    request = RequestFactory().post("/oauth2/token", b"a=1", content_type=f"{FORM}; charset=UTF-8")
    assert Params.from_form(request).get("a") == "1"
