"""The error vocabulary: one exception class, raised anywhere, answered in one place per kind of endpoint.

RFC 6749 sections 4.1.2.1 and 5.2, OIDC Core section 3.1.2.6, RFC 6750 section 3.1, RFC 7591 section 3.2.2.
"""

from typing import Any


class Refusal(Exception):
    """Something that was asked for is not given. `check` is the rule that was not met: a step of `protocol.checks`.

    `facts` are for the trace that a refusal leaves (idp.traces): what was expected and received, by name. They hold
    no secret: no code, token, verifier, password or assertion, nor a part of one.
    """

    check = ""
    traced = True
    reason = ""
    facts: dict[str, Any]

    def tell(self, **facts: Any) -> None:
        """What whoever raised it could not know."""
        self.facts |= facts


class OAuthError(Refusal):
    """`description` is a constant that helps the app's developer; `reason` is for our log, audit and trace only.

    What the request said goes only into `reason` and `facts`, and bearer values into none of them.
    """

    code = "server_error"
    status = 400

    def __init__(self, description: str = "", *, reason: str = "", check: str = "", **facts: Any) -> None:
        super().__init__(reason or description or self.code)
        self.description = description
        self.reason = reason or description
        self.check = check or self.check
        self.facts = facts

    def as_params(self) -> dict[str, str]:
        """The members of an error response, in the wire's words."""
        params = {"error": self.code}
        if self.description:
            params["error_description"] = self.description
        return params


class InvalidRequest(OAuthError):
    code = "invalid_request"


class WrongMethod(OAuthError):
    """The endpoint is asked by other HTTP methods; `allowed` are those."""

    code = "invalid_request"
    status = 405
    check = "method"

    def __init__(self, allowed: tuple[str, ...], received: str) -> None:
        super().__init__(f"Use {' or '.join(allowed)}.", expected=allowed, received=received)
        self.allowed = allowed


class InvalidClient(OAuthError):
    """Client authentication failed; `scheme` is the one that the client used, for WWW-Authenticate."""

    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    code = "invalid_grant"


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"
    check = "grant-allowed"


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"
    check = "grant-type"


class UnsupportedResponseType(OAuthError):
    code = "unsupported_response_type"
    check = "response-type"


class InvalidScope(OAuthError):
    code = "invalid_scope"
    check = "scope"


class InvalidTarget(OAuthError):
    """RFC 8707 section 2: a resource that is malformed, unknown, or not for this app."""

    code = "invalid_target"
    check = "resource"


class AccessDenied(OAuthError):
    code = "access_denied"


class LoginRequired(OAuthError):
    code = "login_required"
    check = "sign-in"


class ConsentRequired(OAuthError):
    code = "consent_required"
    check = "consent"


class AccountSelectionRequired(OAuthError):
    code = "account_selection_required"
    check = "account-choice"


class UnmetAuthenticationRequirements(OAuthError):
    """OpenID Connect Core Error Code unmet_authentication_requirements 1.0."""

    code = "unmet_authentication_requirements"


class RequestNotSupported(OAuthError):
    code = "request_not_supported"
    check = "request-object"


class RequestUriNotSupported(OAuthError):
    code = "request_uri_not_supported"
    check = "request-uri"


class InvalidRequestObject(OAuthError):
    code = "invalid_request_object"
    check = "request-object"


class InvalidRequestUri(OAuthError):
    code = "invalid_request_uri"


class InvalidRedirectUri(OAuthError):
    code = "invalid_redirect_uri"
    check = "redirect-uri-form"


class InvalidClientMetadata(OAuthError):
    code = "invalid_client_metadata"
    check = "client-metadata"


class NothingToProtectWith(OAuthError):
    """What the app registered asks for a key or a secret of its own that is not to be had."""

    code = "invalid_client_metadata"
    check = "app-key"


class RegistrationClosed(OAuthError):
    """This provider lets nobody register an app by themselves."""

    code = "access_denied"
    status = 403
    check = "registration-open"


class AuthorizationPending(OAuthError):
    """RFC 8628 section 3.5: nobody has decided yet. A step on the way, asked every few seconds: no trace."""

    code = "authorization_pending"
    check = "device-decision"
    traced = False


class SlowDown(OAuthError):
    """RFC 8628 section 3.5: as AuthorizationPending, but the device asks too often."""

    code = "slow_down"
    check = "device-pace"


class ExpiredToken(OAuthError):
    """RFC 8628 section 3.5: the device code is too old."""

    code = "expired_token"
    check = "device-code-age"


class InvalidDpopProof(OAuthError):
    """RFC 9449 section 5 at the token endpoint; section 7.1, with 401, where the token is used."""

    code = "invalid_dpop_proof"
    check = "dpop-proof"


class UseDpopNonce(OAuthError):
    """RFC 9449 sections 8 and 9: the proof has to hold this `nonce`. A step on the way: no trace."""

    code = "use_dpop_nonce"
    check = "dpop-nonce"
    traced = False

    def __init__(self, nonce: str) -> None:
        super().__init__("The proof has to hold the nonce of the DPoP-Nonce header.")
        self.nonce = nonce


class TooManyAttempts(OAuthError):
    """Throttled; `retry_after` in seconds."""

    code = "temporarily_unavailable"
    status = 429
    check = "attempts"

    def __init__(self, retry_after: int, *, check: str = "") -> None:
        what = "requests" if check == "rate" else "failed attempts"
        super().__init__(f"Too many {what}. Wait, then try again.", check=check, seconds_to_wait=retry_after)
        self.retry_after = retry_after


class InvalidBearer(OAuthError):
    """RFC 6750 section 3.1 invalid_token: the token is malformed, expired, revoked or not meant for us."""

    code = "invalid_token"
    status = 401
    check = "access-token"


class MissingBearer(OAuthError):
    """A request without any credentials gets a challenge without an error code (RFC 6750 section 3.1)."""

    code = ""
    status = 401
    check = "access-token-sent"


class InsufficientScope(OAuthError):
    code = "insufficient_scope"
    status = 403
    check = "access-token-scope"


class InsufficientUserAuthentication(OAuthError):
    """RFC 9470 section 3: the sign-in behind the token is too weak or too old for the resource, and what would do."""

    code = "insufficient_user_authentication"
    status = 401
    check = "sign-in-strength"

    def __init__(self, acr_values: tuple[str, ...], max_age: int | None, **facts: Any) -> None:
        super().__init__("The person has to sign in again, as acr_values and max_age say.", **facts)
        self.acr_values, self.max_age = acr_values, max_age

    def as_params(self) -> dict[str, str]:
        params = super().as_params()
        if self.acr_values:
            params["acr_values"] = " ".join(self.acr_values)
        if self.max_age is not None:
            params["max_age"] = str(self.max_age)
        return params


class UntrustedRequest(Refusal):
    """An authorization request with nowhere proven to send the answer: a person reads a page (S-003)."""

    def __init__(self, headline: str, *, reason: str, check: str, client_id: str = "", **facts: Any) -> None:
        super().__init__(reason)
        self.headline, self.reason, self.check = headline, reason, check
        self.client_id, self.facts = client_id, facts
