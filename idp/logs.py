"""Log lines: one a record, control characters escaped, capped, with the request's id and no credentials (S-104)."""

import contextvars
import json
import logging
import re
from datetime import UTC, datetime

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="-")

MAX_LINE = 1024
# What looks like a JWT, one of our codes or refresh tokens, or a named secret never reaches a line.
_CREDENTIAL = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"
    r"|(?i:(?P<name>code|token|access_token|refresh_token|id_token|id_token_hint|client_secret|password|secret|assertion)"
    r"=)[^&\s\"']+"
    r"|(?i:Basic|Bearer|DPoP)\s+[\w.~+/=-]{8,}"
)


def redact(text: str) -> str:
    return _CREDENTIAL.sub(
        lambda match: f"{match['name']}=[redacted]" if match["name"] else "[redacted]", text
    )


def _clean(text: str) -> str:
    text = redact(text)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…"


class TextLine(logging.Formatter):
    """`2026-11-24T10:00:00Z INFO logger [request id] message`"""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{at} {record.levelname} {record.name} [{request_id.get()}] {_clean(record.getMessage())}"
        if record.exc_info:
            line += "\n" + redact(self.formatException(record.exc_info))
        return line


class JsonLine(logging.Formatter):
    """The same as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get(),
            "message": _clean(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)
