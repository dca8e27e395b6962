"""What is particular to each kind of provider; a new one is a row. As their documentation said on 2026-11-25.

Google: developers.google.com/identity/openid-connect. Entra ID: learn.microsoft.com/entra/identity-platform, pages
"ID token claims" and "Migrate away from using email claims". GitHub: docs.github.com, OAuth apps and rest/users/emails.
GitLab: docs.gitlab.com/integration/openid_connect_provider. Apple: developer.apple.com/documentation/signinwithapple.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.models import Upstream

Claims = Mapping[str, Any]
TENANT = "{tenantid}"  # in the issuer of Entra ID's metadata for several tenants, to be replaced by the token's tid
_SEVERAL = re.compile(r"/(?:common|organizations|consumers)(?=/|\Z)")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Preset = Upstream.Preset


def _says_verified(claims: Claims) -> bool:
    return claims.get("email_verified") is True


def _google(claims: Claims) -> bool:
    """Google speaks for Gmail and the domains of Workspace (`hd`); others it has seen once, and they change hands."""
    address = str(claims.get("email", "")).lower()
    return _says_verified(claims) and (address.endswith("@gmail.com") or bool(claims.get("hd")))


def _entra(claims: Claims) -> bool:
    """Any tenant can write any address into `email`; the optional claim xms_edov says that its domain is theirs."""
    return claims.get("xms_edov") in (True, 1, "1", "true", "True")


def _apple(claims: Claims) -> bool:
    """ "email_verified": a string or Boolean value."""
    return claims.get("email_verified") in (True, "true")


def _any_tenant(claims: Claims) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """`proves_email` is the provider's own word, before the admin's list of domains; `tenant` is held to `tenants`."""

    mark: str
    scopes: str
    issuer: str = ""
    is_oidc: bool = True
    proves_email: Callable[[Claims], bool] = _says_verified
    tenant: Callable[[Claims], str] = _any_tenant
    parameters: Mapping[str, str] = field(default_factory=dict)  # of every authorization request
    knows_login: bool = True  # prompt=login, so that somebody can be asked anew
    knows_choice: bool = False  # prompt=select_account, for whoever has several there


KINDS: Mapping[str, Kind] = {
    Preset.OIDC: Kind("ID", "openid profile email"),
    Preset.GOOGLE: Kind(
        "G",
        "openid profile email",
        "https://accounts.google.com",
        proves_email=_google,
        tenant=lambda claims: str(claims.get("hd", "")),
        knows_login=False,  # prompt: none, consent, select_account
        knows_choice=True,
    ),
    Preset.ENTRA: Kind(
        "M",
        "openid profile email",
        "https://login.microsoftonline.com/organizations/v2.0",
        proves_email=_entra,
        tenant=lambda claims: str(claims.get("tid", "")),
        knows_choice=True,
    ),
    Preset.GITHUB: Kind(
        "GH",
        "read:user user:email",
        "https://github.com",
        is_oidc=False,
        knows_login=False,
        knows_choice=True,
    ),
    Preset.GITLAB: Kind("GL", "openid profile email", "https://gitlab.com"),
    # A scope needs form_post there, so the answer is posted across sites.
    Preset.APPLE: Kind(
        "A",
        "openid name email",
        "https://appleid.apple.com",
        proves_email=_apple,
        parameters={"response_mode": "form_post"},
        knows_login=False,
    ),
}


def kind(upstream: Upstream) -> Kind:
    return KINDS[upstream.preset]


def address(upstream: Upstream) -> str:
    """Where its metadata is, and for most the issuer."""
    return upstream.issuer or kind(upstream).issuer


def issuer(upstream: Upstream) -> str:
    """What its metadata has to say; for several tenants of Entra ID a template with TENANT."""
    found = address(upstream)
    return _SEVERAL.sub(f"/{TENANT}", found, count=1) if upstream.preset == Preset.ENTRA else found


def issuer_of(upstream: Upstream, claims: Claims) -> str | None:
    """What `iss` of a token with these claims has to be. The template is filled in with a GUID and nothing else.

    Microsoft's keys sign for every tenant, so the tenant in `iss` is what tells one company's people from another's.
    """
    template = issuer(upstream)
    if TENANT not in template:
        return template
    tenant = claims.get("tid")
    return template.replace(TENANT, tenant) if isinstance(tenant, str) and _GUID.fullmatch(tenant) else None


def fits(upstream: Upstream, named: str) -> bool:
    """Whether this issuer may be this one's: `iss` of an authorization response (RFC 9207), or of an identity."""
    before, template, after = issuer(upstream).partition(TENANT)
    if not template:
        return named == before
    tenant = named.removeprefix(before).removesuffix(after)
    return named == f"{before}{tenant}{after}" and (tenant == TENANT or bool(_GUID.fullmatch(tenant)))
