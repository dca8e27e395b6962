"""A template's page for one app: its settings with real values, and the plain ones for whatever has no template."""

from dataclasses import dataclass

from idp.app_templates import filling
from idp.app_templates.filling import Address, UnfitAddress
from idp.app_templates.library import address_of
from idp.app_templates.markdown import Block
from idp.app_templates.template import AppTemplate
from idp.conf import conf
from idp.models import Client

DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Page:
    """What to paste, as Markdown and as blocks. `missing` are redirect URIs that the app would need besides."""

    template: AppTemplate
    text: str
    blocks: tuple[Block, ...]
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        settings = [
            {"language": block.language, "text": block.text} for block in self.blocks if block.kind == "code"
        ]
        return {"template": self.template.slug, "settings": settings, "instructions": self.text}


def of(template: AppTemplate, address: Address | None, **credentials: str) -> Page:
    """`credentials`: client_id and client_secret, as far as they are known."""
    known = filling.values(address or _example(template), **credentials)
    return Page(template, filling.fill(template.text, known), filling.filled(template.body, known))


def of_client(template: AppTemplate, client: Client, secret: str = "") -> Page:
    """For an app that is registered already, maybe for something else."""
    address = address_of(template, client) or _origin(client)
    page = of(template, address, client_id=client.client_id, client_secret=secret)
    asked = template.registration(address or _example(template))["redirect_uris"]
    wanted = asked if isinstance(asked, list) else []
    missing = tuple(uri for uri in wanted if uri not in client.redirect_uris)
    return Page(page.template, page.text, page.blocks, missing)


def _example(template: AppTemplate) -> Address | None:
    return filling.read_address(template.example) if template.example else None


def _origin(client: Client) -> Address | None:
    """Where the app's first redirect URI is."""
    for uri in client.redirect_uris:
        scheme, _, rest = uri.partition("://")
        try:
            return filling.read_address(f"{scheme}://{rest.partition('/')[0].partition('?')[0]}")
        except UnfitAddress:
            continue
    return None


def environment(client: Client) -> str:
    """The names that most apps and libraries read."""
    redirect = client.redirect_uris[0] if client.redirect_uris else ""
    lines = {
        "OIDC_ISSUER": conf().issuer,
        "OIDC_DISCOVERY_URL": conf().url(DISCOVERY),
        "OIDC_CLIENT_ID": client.client_id,
        **({"OIDC_CLIENT_SECRET": filling.UNKNOWN_SECRET} if client.has_secret else {}),
        **({"OIDC_REDIRECT_URI": redirect} if redirect else {}),
        "OIDC_SCOPES": " ".join(client.scopes),
    }
    return "".join(f"{name}='{value}'\n" for name, value in lines.items())
