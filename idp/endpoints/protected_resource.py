"""Userinfo described as an OAuth resource, under the provider's name and under its own address (RFC 9728)."""

from functools import lru_cache
from typing import Any

from django.conf import settings

from idp.conf import conf
from idp.endpoints import well_known
from idp.protocol.scopes import KNOWN
from idp.tokens import dpop

WELL_KNOWN = "/.well-known/oauth-protected-resource"
USERINFO = "/oauth2/userinfo"
PATHS = (WELL_KNOWN, f"{WELL_KNOWN}{USERINFO}")


def metadata(resource: str) -> dict[str, Any]:
    """Section 2; `resource` is the name that the path of the request stands for (section 3.3)."""
    return {
        "resource": resource,
        "resource_name": "Signet userinfo",
        "authorization_servers": [conf().issuer],
        "jwks_uri": conf().url("/.well-known/jwks.json"),
        "scopes_supported": [name for name in KNOWN if name != "offline_access"],
        "bearer_methods_supported": ["header", "body"],
        "resource_signing_alg_values_supported": list(settings.KEYS_ALGORITHMS),
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "resource_documentation": conf().url("/keys"),
    }


@lru_cache(maxsize=2)
def _prepared(resource: str, algorithms: tuple[str, ...]) -> well_known.Prepared:
    return well_known.prepare(metadata(resource))


def answer(environ: dict[str, Any]) -> well_known.Answer:
    resource = conf().url(environ["PATH_INFO"].removeprefix(WELL_KNOWN))
    return well_known.answer(environ, _prepared(resource, tuple(settings.KEYS_ALGORITHMS)))


protected_resource = well_known.view(answer)
