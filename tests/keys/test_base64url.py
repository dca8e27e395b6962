"""One text for each value, and the text of no other encoding."""

import pytest

from keys import base64url

# RFC 4648 section 10 without its padding, and RFC 7515 appendix C.
VECTORS = [
    (b"", ""),
    (b"f", "Zg"),
    (b"fo", "Zm8"),
    (b"foo", "Zm9v"),
    (b"foobar", "Zm9vYmFy"),
    (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
]


@pytest.mark.parametrize(("raw", "text"), VECTORS)
def test_the_vectors_of_the_standards(raw: bytes, text: str):
    assert base64url.encode(raw) == text
    assert base64url.decode(text) == raw


@pytest.mark.parametrize(
    "text",
    [
        *("Zg==", "Zg=", "Zm8=", "="),  # padding
        *("A+z/4ME", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v.", "Zm9v\0", "Zmé9", "Zm9v!"),  # foreign characters
        *("Z", "Zm9vY"),  # a length that no bytes have
        *("Zh", "Zm9"),  # bits at the end that are not zero: the same bytes as Zg and Zm8 without them
    ],
)
def test_what_no_encoder_writes_is_refused(text: str):
    with pytest.raises(ValueError, match=r"base64|padding|ASCII"):
        base64url.decode(text)
