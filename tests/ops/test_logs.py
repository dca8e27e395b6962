"""Log lines: no credentials, one line a record, bounded (S-104)."""

import json
import logging

import pytest

from idp.logs import MAX_LINE, JsonLine, TextLine, redact, request_id

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
FORMATTERS = [TextLine(), JsonLine()]


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("idp", logging.INFO, "file", 1, message, args, None)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {JWT}", JWT),
        (f"token {JWT} was refused", "c2lnbmF0dXJl"),
        ("Authorization: Basic YXBwOnNlY3JldA==", "YXBwOnNlY3JldA=="),
        ("GET /callback?code=abcdef123456&state=x", "abcdef123456"),
        ("refresh_token=12.3.abcdef", "12.3.abcdef"),
        ("client_secret=hunter2hunter2", "hunter2hunter2"),
        ("password=correct%20horse", "horse"),
        ("GET /oauth2/logout?id_token_hint=abc.def.ghi", "abc.def.ghi"),
    ],
)
@pytest.mark.parametrize("formatter", FORMATTERS, ids=["text", "json"])
def test_s_104_no_credential_reaches_a_line(formatter: logging.Formatter, text: str, secret: str):
    line = formatter.format(record("refused: %s", text))
    assert secret not in line
    assert "[redacted]" in line


def test_s_104_a_traceback_is_redacted_too():
    try:
        raise ValueError(f"bad token {JWT}")
    except ValueError as error:
        failed = record("failed")
        failed.exc_info = (type(error), error, error.__traceback__)
    for formatter in FORMATTERS:
        assert JWT not in formatter.format(failed)


def test_what_is_no_credential_stays_readable():
    assert (
        redact("refused for client notes at the token endpoint")
        == "refused for client notes at the token endpoint"
    )


@pytest.mark.parametrize("formatter", FORMATTERS, ids=["text", "json"])
def test_s_104_a_message_cannot_start_a_new_line(formatter: logging.Formatter):
    line = formatter.format(record("user %s", "mallory\nroot INFO signed in\x1b[2K\u202e"))
    assert "\n" not in line
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_s_104_a_line_is_at_most_a_kilobyte():
    message = json.loads(JsonLine().format(record("x" * 5000)))["message"]
    assert len(message) == MAX_LINE


def test_each_line_names_its_request():
    token = request_id.set("0123456789abcdef")
    try:
        assert "[0123456789abcdef]" in TextLine().format(record("hello"))
        assert json.loads(JsonLine().format(record("hello")))["request_id"] == "0123456789abcdef"
    finally:
        request_id.reset(token)
