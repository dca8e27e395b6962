"""The parameters of one OAuth request, read once: each at most once, each plain text (S-010, S-014, S-015).

The one exception is `resource`, at the endpoints that say so (RFC 8707 section 2); elsewhere it is held to S-010 too.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from idp.protocol.errors import InvalidRequest
from idp.protocol.resources import NAME as RESOURCE

MAX_PARAMETERS = 200
FORM = "application/x-www-form-urlencoded"
# Echoed values are bounded apart, since they come back in an address; claims, since it is kept (bytes).
MAX_BYTES = {"state": 2048, "nonce": 2048, "claims": 8192}
MAX_COMBINING = 8
RESOURCES = frozenset({RESOURCE})


def is_plain(text: str) -> bool:
    """No NUL or other control character, no lone surrogate, no flood of combining marks."""
    if text.isascii() and text.isprintable():
        return True
    combining = 0
    for character in text:
        if character < " " and character not in "\t\r\n":
            return False
        if "\ud800" <= character <= "\udfff" or character == "\x7f":
            return False
        combining = combining + 1 if character > "\u02ff" and unicodedata.combining(character) else 0
        if combining > MAX_COMBINING:
            return False
    return True


@dataclass(frozen=True)
class Params:
    """Names and values; an empty value counts as absent (RFC 6749 section 3.1)."""

    values: Mapping[str, str]
    repeated: frozenset[str] = frozenset()

    @classmethod
    def sent(cls, request: HttpRequest) -> "Params":
        """In the form of a POST, otherwise in the address (OIDC Core section 3.1.2.1)."""
        return cls.from_form(request) if request.method == "POST" else cls.from_query(request)

    @classmethod
    def parse(cls, encoded: str) -> "Params":
        """From `a=1&b=2`. Raises InvalidRequest for what can't be read at all."""
        try:
            pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
        except (UnicodeError, ValueError) as error:
            raise InvalidRequest(
                "The parameters are not valid UTF-8, or too many.", check="parameters", most=MAX_PARAMETERS
            ) from error
        values: dict[str, str] = {}
        repeated = set()
        for name, value in pairs:
            if not is_plain(value) or not is_plain(name):
                raise InvalidRequest(
                    "A parameter holds characters that are not allowed.", check="parameters", parameter=name
                )
            if name in values:
                repeated.add(name)
            if name == RESOURCE and name in values:
                values[name] += f" {value}"  # no address has a space, so they come apart again
            elif name not in values:
                values[name] = value
        return cls(values, frozenset(repeated))

    @classmethod
    def from_query(cls, request: HttpRequest) -> "Params":
        return cls.parse(request.META.get("QUERY_STRING", ""))

    @classmethod
    def from_form(cls, request: HttpRequest) -> "Params":
        """The body of a POST; never the query string, where credentials end up in logs."""
        if request.content_type != FORM:
            raise InvalidRequest(
                f"The content type has to be {FORM}.",
                check="content-type",
                expected=FORM,
                received=request.content_type or "",
            )
        try:
            return cls.parse(_body(request).decode())
        except UnicodeDecodeError as error:
            raise InvalidRequest("The body is not valid UTF-8.", check="parameters") from error

    def get(self, name: str) -> str | None:
        if name in self.repeated:
            raise InvalidRequest(
                "A parameter is sent more than once.",
                reason=f"repeated {name[:40]}",
                check="parameter-repeated",
                parameter=name,
            )
        return self.values.get(name) or None

    def required(self, name: str) -> str:
        """Raises InvalidRequest; `name` is ours, so the description may hold it."""
        value = self.get(name)
        if value is None:
            raise InvalidRequest(f"{name} is missing.", check="parameter-missing", parameter=name)
        return value

    def each(self, name: str) -> tuple[str, ...]:
        """The values of a parameter that may be repeated."""
        return tuple(self.values.get(name, "").split())

    def check(self, *, repeatable: frozenset[str] = frozenset()) -> "Params":
        """Itself, when no parameter is repeated but those that may, and none over its limit. Raises InvalidRequest."""
        for name in self.repeated - repeatable:
            self.get(name)
        for name, limit in MAX_BYTES.items():
            if (length := len(self.values.get(name, "").encode())) > limit:
                raise InvalidRequest(
                    f"{name} is longer than {limit} bytes.",
                    check="parameter-length",
                    parameter=name,
                    expected=limit,
                    received=length,
                )
        return self


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig as error:  # over DATA_UPLOAD_MAX_MEMORY_SIZE
        raise InvalidRequest("The body is too large.", check="parameters") from error
