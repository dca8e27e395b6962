"""JSON answers of the machine endpoints, and the one place where their errors become responses.

RFC 6749 section 5.2, RFC 6750 section 3, RFC 7009 section 2.2.1, RFC 9449 sections 7.1, 8 and 9, RFC 9728 section 5.1.
"""

import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from idp.conf import conf
from idp.protocol.errors import (
    InsufficientScope,
    InsufficientUserAuthentication,
    InvalidBearer,
    InvalidClient,
    InvalidDpopProof,
    MissingBearer,
    OAuthError,
    TooManyAttempts,
    UseDpopNonce,
    WrongMethod,
)
from idp.tokens import dpop
from idp.traces import told
from idp.traces.leaving import leave

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]
CHALLENGED = (InvalidBearer, MissingBearer, InsufficientScope, InsufficientUserAuthentication)

ALLOWED_HEADERS = "Authorization, Content-Type, DPoP"
EXPOSED_HEADERS = "WWW-Authenticate, DPoP-Nonce, Retry-After"


def json_response(body: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A JSON object that nobody may keep (RFC 6749 section 5.1)."""
    response = HttpResponse(
        json.dumps(body, separators=(",", ":")), status=status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


def jwt_response(jwt: str, media_type: str) -> HttpResponse:
    """A signed answer that nobody may keep."""
    response = HttpResponse(jwt, content_type=media_type)
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


def error_response(
    error: OAuthError, *, with_dpop_token: bool = False, resource_metadata: str = ""
) -> HttpResponse:
    """`with_dpop_token` says that the request's access token came by the scheme DPoP: the challenge is of it too.

    `resource_metadata` is the path of what describes the endpoint, for the challenge (RFC 9728 section 5.1).
    """
    said = told.members(error) if error.code else {}
    log.info("refused: %s: %s", error.code or "no credentials", error.reason)
    of_proof = isinstance(error, InvalidDpopProof | UseDpopNonce)
    status = 401 if of_proof and with_dpop_token else error.status
    response = json_response(said, status=status)
    if isinstance(error, InvalidClient):
        response["WWW-Authenticate"] = f'Basic realm="{conf().issuer}", charset="UTF-8"'
    # RFC 6750 section 3: also where a token came along in a way that opens nothing.
    elif isinstance(error, CHALLENGED) or error.check == "access-token-place" or (of_proof and status == 401):
        response["WWW-Authenticate"] = _challenge(
            said, with_dpop_token=with_dpop_token, resource_metadata=resource_metadata
        )
    elif isinstance(error, TooManyAttempts):
        response["Retry-After"] = str(error.retry_after)
    elif isinstance(error, WrongMethod):
        response["Allow"] = ", ".join((*error.allowed, "OPTIONS"))
    if isinstance(error, UseDpopNonce):
        response["DPoP-Nonce"] = error.nonce
    return response


def _challenge(said: Mapping[str, str], *, with_dpop_token: bool, resource_metadata: str) -> str:
    """RFC 6750 section 3, RFC 9449 section 7.1, RFC 9470 section 3, RFC 9728 section 5.1.

    Descriptions are ours, without quotes, and so are the levels that an admin chose.
    """
    parts = [
        f'realm="{conf().issuer}"',
        *(f'{name}="{value}"' for name, value in said.items() if value),
    ]
    if resource_metadata:
        parts.append(f'resource_metadata="{conf().url(resource_metadata)}"')
    if with_dpop_token:
        parts.append(f'algs="{" ".join(dpop.ALGORITHMS)}"')
    return ("DPoP " if with_dpop_token else "Bearer ") + ", ".join(parts)


def endpoint_of(request: HttpRequest) -> str:
    """As traces call it: `token` for /oauth2/token."""
    return request.path_info.split("/")[2]


def _has_dpop_token(request: HttpRequest) -> bool:
    return str(request.META.get("HTTP_AUTHORIZATION", "")).lower().startswith("dpop ")


def machine_endpoint(*methods: str, cors: bool = True, resource_metadata: str = "") -> Callable[[View], View]:
    """A view for programs: its methods and no others, OAuthError as JSON, CORS without credentials on all of it.

    CORS stands on errors too, or a page's script sees nothing but "Failed to fetch" (INTEROP 5).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
                response["Access-Control-Allow-Methods"] = ", ".join(methods)
                response["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
                response["Access-Control-Max-Age"] = "3600"
            else:
                try:
                    if request.method not in methods:
                        raise WrongMethod(methods, request.method or "")
                    response = view(request, *args, **kwargs)
                except OAuthError as error:
                    leave(request, error, endpoint_of(request), client_id=str(kwargs.get("client_id", "")))
                    response = error_response(
                        error,
                        with_dpop_token=_has_dpop_token(request),
                        resource_metadata=resource_metadata,
                    )
            if cors:
                response["Access-Control-Allow-Origin"] = "*"
                response["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
            return response

        answer.csrf_exempt = True  # type: ignore[attr-defined]
        return answer

    return decorate
