"""Server metadata (OIDC Discovery section 3, RFC 8414 section 2): read from the registries, so it promises what works.

The bytes are made once per process; `idp.wsgi` answers with them before Django begins.
"""

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from idp.authorization import request as authorization
from idp.claims import SOURCES
from idp.clients.authentication import METHODS
from idp.conf import conf
from idp.endpoints.responses import ALLOWED_HEADERS
from idp.grants import GRANTS
from idp.models.client_keys import SIGNING, WITH_SECRET
from idp.protocol import pkce, response_types
from idp.protocol.scopes import KNOWN
from idp.tokens import dpop

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
_CLAIMS = (
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "amr",
    "acr",
)
_ASSERTED_BY = [*SIGNING, *WITH_SECRET]
Answer = tuple[str, list[tuple[str, str]], bytes]


def metadata() -> dict[str, Any]:
    url = conf().url
    secret_methods = [name for name in METHODS if name != "none"]
    return {
        "issuer": conf().issuer,
        "authorization_endpoint": url("/oauth2/authorize"),
        "token_endpoint": url("/oauth2/token"),
        "userinfo_endpoint": url("/oauth2/userinfo"),
        "jwks_uri": url("/.well-known/jwks.json"),
        "introspection_endpoint": url("/oauth2/introspect"),
        "revocation_endpoint": url("/oauth2/revoke"),
        "pushed_authorization_request_endpoint": url("/oauth2/par"),
        "require_pushed_authorization_requests": conf().require_pushed_requests,
        **({} if settings.REGISTRATION == "closed" else {"registration_endpoint": url("/oauth2/register")}),
        "device_authorization_endpoint": url("/oauth2/device_authorization"),
        "end_session_endpoint": url("/oauth2/logout"),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "scopes_supported": list(KNOWN),
        "claims_supported": [*_CLAIMS, *SOURCES],
        "claim_types_supported": ["normal"],
        "response_types_supported": list(response_types.NAMES),
        "response_modes_supported": list(response_types.MODES),
        "grant_types_supported": [*GRANTS, "implicit"],
        "acr_values_supported": list(conf().acr_ladder),
        "display_values_supported": list(authorization.DISPLAYS),
        "ui_locales_supported": ["en"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(settings.KEYS_ALGORITHMS),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": _ASSERTED_BY,
        "introspection_endpoint_auth_methods_supported": secret_methods,
        "introspection_endpoint_auth_signing_alg_values_supported": _ASSERTED_BY,
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": _ASSERTED_BY,
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "code_challenge_methods_supported": list(pkce.METHODS),
        "prompt_values_supported": list(authorization.PROMPTS),
        "authorization_response_iss_parameter_supported": True,
        "authorization_signing_alg_values_supported": list(settings.KEYS_ALGORITHMS),
        "userinfo_signing_alg_values_supported": list(settings.KEYS_ALGORITHMS),
        "introspection_signing_alg_values_supported": list(settings.KEYS_ALGORITHMS),
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(SIGNING),
        "request_uri_parameter_supported": False,
        "service_documentation": url("/keys"),
    }


@lru_cache(maxsize=1)
def _prepared(issuer: str, algorithms: tuple[str, ...], registration: str) -> tuple[bytes, str]:
    body = json.dumps(metadata(), indent=2).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def answer(environ: dict[str, Any]) -> Answer:
    """The whole answer to a request for one of PATHS; the same bytes whatever its headers say (S-090)."""
    body, etag = _prepared(conf().issuer, tuple(settings.KEYS_ALGORITHMS), settings.REGISTRATION)
    headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "public, max-age=3600, stale-if-error=86400"),
        ("ETag", etag),
        ("X-Content-Type-Options", "nosniff"),
    ]
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        allowed = [
            ("Access-Control-Allow-Methods", "GET, HEAD"),
            ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
        ]
        return "204 No Content", headers + allowed, b""
    if method not in ("GET", "HEAD"):
        return "405 Method Not Allowed", [("Allow", "GET, HEAD, OPTIONS"), ("Content-Length", "0")], b""
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        return "304 Not Modified", headers, b""
    headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return "200 OK", headers, body if method == "GET" else b""


def discovery(request: HttpRequest) -> HttpResponse:
    """The same through Django, for servers and tests that do not come by `idp.wsgi`."""
    status, headers, body = answer(request.META)
    response = HttpResponse(body, status=int(status[:3]))
    del response["Content-Type"]
    for name, value in headers:
        response[name] = value
    return response


discovery.csrf_exempt = True  # type: ignore[attr-defined]
