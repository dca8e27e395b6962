"""The error vocabulary: one exception class, raised anywhere, answered in one place per kind of endpoint.

RFC 6749 sections 4.1.2.1 and 5.2, OIDC Core section 3.1.2.6, RFC 6750 section 3.1, RFC 7591 section 3.2.2.
"""


class OAuthError(Exception):
    """`description` is a constant that helps the app's developer; `reason` is for our log and audit only.

    What the request said goes only into `reason`, and bearer values into neither.
    """

    code = "server_error"
    status = 400

    def __init__(self, description: str = "", *, reason: str = "") -> None:
        super().__init__(reason or description or self.code)
        self.description = description
        self.reason = reason or description

    def as_params(self) -> dict[str, str]:
        """The members of an error response, in the wire's words."""
        params = {"error": self.code}
        if self.description:
            params["error_description"] = self.description
        return params


class InvalidRequest(OAuthError):
    code = "invalid_request"


class InvalidClient(OAuthError):
    """Client authentication failed; `scheme` is the one that the client used, for WWW-Authenticate."""

    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    code = "invalid_grant"


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    code = "unsupported_response_type"


class UnsupportedTokenType(OAuthError):
    code = "unsupported_token_type"


class InvalidScope(OAuthError):
    code = "invalid_scope"


class InvalidTarget(OAuthError):
    """RFC 8707 section 2: a resource that is malformed, unknown, or not for this app."""

    code = "invalid_target"


class AccessDenied(OAuthError):
    code = "access_denied"


class LoginRequired(OAuthError):
    code = "login_required"


class ConsentRequired(OAuthError):
    code = "consent_required"


class InteractionRequired(OAuthError):
    code = "interaction_required"


class AccountSelectionRequired(OAuthError):
    code = "account_selection_required"


class UnmetAuthenticationRequirements(OAuthError):
    """OpenID Connect Core Error Code unmet_authentication_requirements 1.0."""

    code = "unmet_authentication_requirements"


class RequestNotSupported(OAuthError):
    code = "request_not_supported"


class RequestUriNotSupported(OAuthError):
    code = "request_uri_not_supported"


class InvalidRequestObject(OAuthError):
    code = "invalid_request_object"


class InvalidRequestUri(OAuthError):
    code = "invalid_request_uri"


class InvalidRedirectUri(OAuthError):
    code = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    code = "invalid_client_metadata"


class NothingToProtectWith(OAuthError):
    """What the app registered asks for a key or a secret of its own that is not to be had."""

    code = "invalid_client_metadata"


class RegistrationClosed(OAuthError):
    """This provider lets nobody register an app by themselves."""

    code = "access_denied"
    status = 403


class AuthorizationPending(OAuthError):
    """RFC 8628 section 3.5: nobody has decided yet."""

    code = "authorization_pending"


class SlowDown(OAuthError):
    """RFC 8628 section 3.5: as AuthorizationPending, but the device asks too often."""

    code = "slow_down"


class ExpiredToken(OAuthError):
    """RFC 8628 section 3.5: the device code is too old."""

    code = "expired_token"


class InvalidDpopProof(OAuthError):
    """RFC 9449 section 5 at the token endpoint; section 7.1, with 401, where the token is used."""

    code = "invalid_dpop_proof"


class UseDpopNonce(OAuthError):
    """RFC 9449 sections 8 and 9: the proof has to hold this `nonce`."""

    code = "use_dpop_nonce"

    def __init__(self, nonce: str) -> None:
        super().__init__("The proof has to hold the nonce of the DPoP-Nonce header.")
        self.nonce = nonce


class TooManyAttempts(OAuthError):
    """Throttled; `retry_after` in seconds."""

    code = "temporarily_unavailable"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many failed attempts. Wait, then try again.")
        self.retry_after = retry_after


class InvalidBearer(OAuthError):
    """RFC 6750 section 3.1 invalid_token: the token is malformed, expired, revoked or not meant for us."""

    code = "invalid_token"
    status = 401


class MissingBearer(OAuthError):
    """A request without any credentials gets a challenge without an error code (RFC 6750 section 3.1)."""

    code = ""
    status = 401


class InsufficientScope(OAuthError):
    code = "insufficient_scope"
    status = 403


class InsufficientUserAuthentication(OAuthError):
    """RFC 9470 section 3: the sign-in behind the token is too weak or too old for the resource, and what would do."""

    code = "insufficient_user_authentication"
    status = 401

    def __init__(self, acr_values: tuple[str, ...], max_age: int | None) -> None:
        super().__init__("The person has to sign in again, as acr_values and max_age say.")
        self.acr_values, self.max_age = acr_values, max_age

    def as_params(self) -> dict[str, str]:
        params = super().as_params()
        if self.acr_values:
            params["acr_values"] = " ".join(self.acr_values)
        if self.max_age is not None:
            params["max_age"] = str(self.max_age)
        return params


class UntrustedRequest(Exception):
    """An authorization request with nowhere proven to send the answer: a person reads a page (S-003).

    `expected` and `received` are shown to the app's developer on that page, escaped.
    """

    def __init__(
        self,
        headline: str,
        *,
        reason: str,
        expected: tuple[str, ...] = (),
        received: str = "",
        client_id: str = "",
    ) -> None:
        super().__init__(reason)
        self.headline, self.reason = headline, reason
        self.expected, self.received, self.client_id = expected, received, client_id
