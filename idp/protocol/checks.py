"""The checks of each endpoint in the order in which they are made: what passed before one failed, what never came.

Nothing is written down while a request is checked: that one check failed says that those before it did not. A check
passes too where there is nothing to check. `docs/errors` has a page for each; tests hold both, and the order.
"""

from dataclasses import dataclass
from enum import StrEnum

# A group in one place is one step. `name:parameter` is a check that is made of several parameters, of this one.
Place = str | tuple[str, ...]

_FORM: tuple[Place, ...] = (
    "method", "content-type", "parameters", "parameter-repeated", "parameter-length",
)  # fmt: skip
_CLIENT: tuple[Place, ...] = (
    *_FORM, "credentials", "attempts", "authentication", "authentication-method",
)  # fmt: skip
_REQUEST: tuple[Place, ...] = (
    "parameter-repeated", "parameter-length", "parameter-missing:response_type", "response-type",
    "grant-allowed", "response-mode", "scope", "claims", "display", "app-key", "resource", "resource-known",
    "acr", "parameter-missing:nonce", "pkce-challenge", "dpop-jkt", "prompt", "max-age", "id-token-hint",
)  # fmt: skip
_PERSON: tuple[Place, ...] = (
    "sign-in", "account-choice", "sign-in-fresh", "acr-reached", "consent", "groups", "consent-given",
)  # fmt: skip
_PROOF: tuple[Place, ...] = ("dpop-proof", "dpop-nonce", "dpop-sent")
_OBJECT: tuple[Place, ...] = ("request-object", "request-object-contents")
_REFRESH: tuple[Place, ...] = ("refresh-token", "refresh-token-app", "grant-alive", "refresh-token-age")
_METADATA: tuple[Place, ...] = (("client-metadata", "redirect-uri-form"),)

GRANTS: dict[str, tuple[Place, ...]] = {
    "authorization_code": (
        "parameter-missing:code", "resource", "code", "code-once", "code-app", "code-redirect-uri", "pkce",
        "key-binding", "code-age", "grant-alive", "resource-granted", "resource-known", "app-key",
    ),
    "refresh_token": (
        "parameter-missing:refresh_token", "resource", *_REFRESH, "key-binding", "scope-granted",
        "resource-granted", "resource-known", "app-key", "refresh-token-once",
    ),
    "client_credentials": ("resource", "resource-known", "scope-machine"),
    "urn:ietf:params:oauth:grant-type:device_code": (
        "parameter-missing:device_code", "device-code", "device-code-app", "device-code-age", "device-pace",
        "device-decision", "device-allowed", "grant-alive", "app-key", "device-code-once",
    ),
}  # fmt: skip

ENDPOINTS: dict[str, tuple[Place, ...]] = {
    "authorize": (
        "content-type", "parameters", "parameter-repeated:client_id", "client", "request-source",
        "request-uri", "request-uri-fetched", "request-waiting", *_OBJECT, "parameter-repeated:redirect_uri",
        "redirect-uri", "request-pushed", "request-signed", *_REQUEST, "rate", *_PERSON,
    ),
    "par": (
        *_CLIENT, *_PROOF, "request-source", "client", "request-signed", *_OBJECT, "key-binding",
        "redirect-uri", *_REQUEST[2:], "rate",
    ),
    "token": (*_CLIENT, "parameter-missing:grant_type", "grant-type", "grant-allowed", *_PROOF),
    "userinfo": (
        "method", "parameters", "parameter-repeated", "access-token-place", "access-token-sent",
        "access-token", "access-token-alive", "access-token-binding", *_PROOF, "key-binding",
        "access-token-audience", "access-token-scope", "sign-in-strength", "app-key",
    ),
    "introspect": (
        *_CLIENT, "introspection-app", "parameter-missing:token", *_REFRESH, "refresh-token-once", "access-token",
        "access-token-alive", "introspection-audience",
    ),
    "revoke": (*_CLIENT, "parameter-missing:token"),
    "device_authorization": (*_CLIENT, "grant-allowed", "scope", "rate"),
    "device": ("rate", "user-code"),
    "register": (
        "method", "registration-open", "access-token-place", "access-token-sent", "registration-token", "rate",
        "content-type", "registration-identity", *_METADATA, "registration-bounds",
    ),
    "logout": (
        "content-type", "parameters", "parameter-repeated", "parameter-length", "logout-hint",
        "logout-redirect-uri",
    ),
}  # fmt: skip


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Step:
    """One check of a request; `parameter` where it is of one parameter."""

    check: str
    parameter: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.check} ({self.parameter})" if self.parameter else self.check


def order(endpoint: str, grant_type: str = "") -> tuple[Place, ...]:
    """All checks of a request; of a token request those of its grant type too, where there is one."""
    return ENDPOINTS.get(endpoint, ()) + (GRANTS.get(grant_type, ()) if endpoint == "token" else ())


def steps(endpoint: str, failed: str, *, parameter: str = "", grant_type: str = "") -> list[Step]:
    """What each check came to when `failed`, of `parameter` if it is of one, did not pass."""
    places = order(endpoint, grant_type)
    at = _position(places, failed, parameter)
    if at is None:
        return [Step(failed, parameter, Outcome.FAILED)]
    found = []
    for position, place in enumerate(places):
        outcome = Outcome.PASSED if position < at else Outcome.NOT_REACHED
        check, _, of = (place if isinstance(place, str) else place[0]).partition(":")
        found.append(Step(failed, parameter, Outcome.FAILED) if position == at else Step(check, of, outcome))
    return found


def _position(places: tuple[Place, ...], failed: str, parameter: str) -> int | None:
    """Where the check of this very parameter is made, or else where the check is."""
    for wanted in (f"{failed}:{parameter}", failed):
        for position, place in enumerate(places):
            if wanted == place or (isinstance(place, tuple) and wanted in place):
                return position
    return None


def known() -> frozenset[str]:
    """Every check that some endpoint makes."""
    places = [*(place for each in ENDPOINTS.values() for place in each)]
    places += [place for each in GRANTS.values() for place in each]
    names = [name for place in places for name in ((place,) if isinstance(place, str) else place)]
    return frozenset(name.partition(":")[0] for name in names)
