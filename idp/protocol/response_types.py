"""Response types: what each sends through the browser, and in which mode (OAuth 2.0 Multiple Response Types).

A new one is a row. The order of the words in a request means nothing (section 3).
"""

from dataclasses import dataclass

from idp.protocol.errors import InvalidRequest, UnsupportedResponseType

_TOKENS = {"id_token", "token"}
PLAIN_MODES = ("query", "fragment", "form_post")
SIGNED = ".jwt"
# JARM section 2.3; "jwt" alone stands for the response type's own mode.
MODES = (*PLAIN_MODES, *(mode + SIGNED for mode in PLAIN_MODES), "jwt")


@dataclass(frozen=True)
class ResponseType:
    """What an authorization answer holds; `words` are the name's, in any order."""

    name: str

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.name.split())

    @property
    def code(self) -> bool:
        return "code" in self.words

    @property
    def id_token(self) -> bool:
        return "id_token" in self.words

    @property
    def token(self) -> bool:
        return "token" in self.words


CODE = ResponseType("code")
RESPONSE_TYPES = {
    kind.words: kind
    for kind in (
        CODE,
        ResponseType("id_token"),
        ResponseType("id_token token"),
        ResponseType("code id_token"),
        ResponseType("code token"),
        ResponseType("code id_token token"),
    )
}
NAMES = tuple(kind.name for kind in RESPONSE_TYPES.values())
FRONT_CHANNEL = tuple(kind.name for kind in RESPONSE_TYPES.values() if kind.id_token or kind.token)


def read(value: str, *, allowed: tuple[str, ...]) -> ResponseType:
    """Raises UnsupportedResponseType for what is not known, or not switched on for the app."""
    kind = RESPONSE_TYPES.get(frozenset(value.split(" ")))
    if kind is None or kind.name not in allowed:
        raise UnsupportedResponseType(
            f"response_type has to be one of: {', '.join(allowed)}.", expected=allowed, received=value
        )
    return kind


def canonical(value: str) -> str:
    """The name that we know a response type by; a name we don't know stays as it is."""
    kind = RESPONSE_TYPES.get(frozenset(value.split(" ")))
    return kind.name if kind else value


def mode_of(response_type: str | None, mode: str | None) -> str:
    """Where an answer goes, also one that says what is wrong with either: never a token's error in the query."""
    in_front = not _TOKENS.isdisjoint((response_type or "").split())
    usual = "fragment" if in_front else "query"
    if mode == "jwt" or (in_front and mode == "query.jwt"):
        return usual + SIGNED
    if mode not in MODES or (in_front and mode == "query"):
        return usual
    return mode


def check_mode(response_type: str, mode: str | None) -> None:
    """Raises InvalidRequest for a mode that is unknown, or that would put a token into the query (section 5)."""
    if mode is not None and mode not in MODES:
        raise InvalidRequest(
            f"response_mode has to be one of {', '.join(MODES)}.",
            check="response-mode",
            expected=MODES,
            received=mode,
        )
    if mode in ("query", "query.jwt") and mode_of(response_type, mode) != mode:
        raise InvalidRequest(
            "response_mode can't be query where a token or an ID token is in the answer.",
            check="response-mode",
            received=mode,
        )
