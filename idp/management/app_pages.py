"""App templates on the command line: the options that name one, and the page that is printed for an app."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from idp.app_templates import filling, library, pages
from idp.app_templates.pages import Page
from idp.app_templates.template import AppTemplate
from idp.clients.twins import twins
from idp.models import Client


def add_template(parser: ArgumentParser) -> None:
    parser.add_argument("--template", metavar="APP", help="an app that `client templates` lists")
    parser.add_argument(
        "--domain", metavar="ADDRESS", help="where the app is, for its template; https if not said"
    )
    parser.add_argument("--again", action="store_true", help="even if an app of that address is registered")


def refuse_twins(options: dict[str, Any], client: Client) -> None:
    """Raises CommandError where a template was named and an app with such a redirect URI is there."""
    if options["template"] and not options["again"] and (known := twins(client.redirect_uris)):
        names = ", ".join(f"{each.name} ({each.client_id})" for each in known)
        raise CommandError(
            f"Registered already with this address: {names}. “client snippet” prints its settings again; "
            "--again registers another."
        )


def registration(options: dict[str, Any]) -> dict[str, object]:
    """The client metadata of the template that was named, at the address that was; {} without one."""
    slug, typed = options.get("template"), options.get("domain")
    if not slug:
        if typed:
            raise CommandError("--domain goes with --template.")
        return {}
    template = _find(slug)
    if not template.asks:
        if typed:
            raise CommandError(f"{template.title} needs no --domain.")
        return template.registration(None)
    if not typed:
        raise CommandError(f"{template.asks} Say it with --domain, like {template.example}.")
    try:
        return template.registration(filling.read_address(typed))
    except filling.UnfitAddress as error:
        raise CommandError(f"--domain: {error}") from error


def page(slug: str | None, client: Client, secret: str) -> Page | None:
    """For an app that was just registered; None without a template."""
    return pages.of_client(_find(slug), client, secret) if slug else None


def page_of(client: Client, slug: str | None) -> Page:
    """By the template that was named, or the one that the app looks to be made from."""
    template = _find(slug) if slug else library.guess(client)
    if template is None:
        raise CommandError("No template has this app's redirect URIs: name one with --template.")
    return pages.of_client(template, client)


def listed() -> list[dict[str, str]]:
    return [
        {"template": each.slug, "title": each.title, "status": each.status, "date": each.date.isoformat()}
        for each in library.templates().values()
    ]


def _find(slug: str) -> AppTemplate:
    template = library.templates().get(slug)
    if template is None:
        raise CommandError(f"There is no template {slug}. `client templates` lists them all.")
    return template
