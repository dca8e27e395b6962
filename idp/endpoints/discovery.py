"""Server metadata (OIDC Discovery section 3, RFC 8414 section 2): from the registries, so it promises what works."""

from functools import lru_cache
from typing import Any

from django.conf import settings

from accounts import language, login
from idp.authorization import request as authorization
from idp.claims import SOURCES
from idp.clients.authentication import METHODS
from idp.conf import conf
from idp.endpoints import well_known
from idp.grants import GRANTS
from idp.models import Client
from idp.models.api import own_identifiers
from idp.models.client_encryption import ANSWERS
from idp.models.client_keys import SIGNING, WITH_SECRET
from idp.protocol import pkce, response_types
from idp.protocol.scopes import KNOWN
from idp.tokens import dpop
from keys.encryption import CONTENT, WRAPPING

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
        **({"check_session_iframe": url("/oauth2/check-session")} if conf().session_management else {}),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "protected_resources": list(own_identifiers()),
        "scopes_supported": list(KNOWN),
        "claims_supported": [*_CLAIMS, *SOURCES],
        "claim_types_supported": ["normal"],
        "response_types_supported": list(response_types.NAMES),
        "response_modes_supported": list(response_types.MODES),
        "grant_types_supported": [*GRANTS, "implicit"],
        "acr_values_supported": list(conf().acr_ladder),
        "display_values_supported": list(authorization.DISPLAYS),
        "ui_locales_supported": [language.tag(code) for code, _ in settings.LANGUAGES],
        "subject_types_supported": Client.SubjectType.values,
        "id_token_signing_alg_values_supported": [*settings.KEYS_ALGORITHMS, *WITH_SECRET],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": _ASSERTED_BY,
        "introspection_endpoint_auth_methods_supported": secret_methods,
        "introspection_endpoint_auth_signing_alg_values_supported": _ASSERTED_BY,
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": _ASSERTED_BY,
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "code_challenge_methods_supported": list(pkce.METHODS),
        "prompt_values_supported": list(authorization.prompts()),
        "authorization_response_iss_parameter_supported": True,
        "authorization_signing_alg_values_supported": list(settings.KEYS_ALGORITHMS),
        "userinfo_signing_alg_values_supported": [*settings.KEYS_ALGORITHMS, *WITH_SECRET],
        "introspection_signing_alg_values_supported": list(settings.KEYS_ALGORITHMS),
        **{
            f"{answer}_encryption_{member}_values_supported": list(names)
            for answer in ANSWERS
            for member, names in (("alg", WRAPPING), ("enc", CONTENT))
        },
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": [*SIGNING, "none"],  # none: for whom an admin lets
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "service_documentation": url("/keys"),
    }


@lru_cache(maxsize=1)
def _prepared(*depends_on: object) -> well_known.Prepared:
    """Made anew when one of the settings that stand in it is another one, as in tests."""
    return well_known.prepare(metadata())


def answer(environ: dict[str, Any]) -> well_known.Answer:
    """The whole answer to a request for one of PATHS."""
    depends_on = (
        conf().issuer,
        tuple(settings.KEYS_ALGORITHMS),
        settings.REGISTRATION,
        conf().session_management,
        login.may_register(),
    )
    return well_known.answer(environ, _prepared(*depends_on))


discovery = well_known.view(answer)
