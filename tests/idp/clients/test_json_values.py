"""JSON from outside: the right types within the limits, or a sentence about it (S-014, S-121)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.clients.json_values import MAX_DEPTH, MAX_DOCUMENT, Unfit, read_object


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": "\xff"}',
        b'\x00{"a": 1}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 20000 + b"]" * 20000 + b"}",
        b'{"a": ' + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1) + b"}",
        b'{"a": "' + b"x" * MAX_DOCUMENT + b'"}',
    ],
    ids=lambda document: document[:20],
)
def test_s_121_a_document_is_refused(document: bytes) -> None:
    with pytest.raises(Unfit):
        read_object(document)


def test_a_document_at_the_limits_is_read() -> None:
    assert read_object(b'{"a": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}")
    assert read_object(b'{"a": "' + b"x" * (MAX_DOCUMENT - 9) + b'"}')


@given(st.binary(max_size=200))
def test_s_121_reading_raises_nothing_but_unfit(document: bytes) -> None:
    with contextlib.suppress(Unfit):
        assert isinstance(read_object(document), dict)
