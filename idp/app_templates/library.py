"""The templates that there are, read once from docs/apps, and which of them an app looks to be made from."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from idp.app_templates.filling import Address, UnfitAddress, read_address
from idp.app_templates.markdown import Unreadable
from idp.app_templates.template import GROUPS, AppTemplate, parse
from idp.models import Client

_ADDRESS = "{address}"


def folder() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "apps"


@lru_cache(maxsize=1)
def templates() -> dict[str, AppTemplate]:
    """By slug, in the order of their titles."""
    found = [_read(path) for path in sorted(folder().glob("*.md")) if path.stem != "README"]
    listed = sorted((each for each in found if each), key=lambda each: each.title.casefold())
    return {template.slug: template for template in listed}


def _read(path: Path) -> AppTemplate | None:
    try:
        return parse(path.stem, path.read_text(encoding="utf-8"))
    except Unreadable as error:
        raise Unreadable(f"{path.name}: {error}") from error


def grouped() -> list[tuple[str, list[AppTemplate]]]:
    return [
        (words, [each for each in templates().values() if each.group == group])
        for group, words in GROUPS.items()
    ]


def table() -> str:
    """The table of docs/apps/README.md, in Markdown; a test holds the two equal."""
    rows = ["| for | page | status | date |", "|---|---|---|---|"]
    for words, members in grouped():
        rows += [
            f"| {words if each is members[0] else ''} | [{each.title}]({each.slug}.md) "
            f"| {_how(each)} | {each.date:%Y-%m-%d} |"
            for each in members
        ]
    return "\n".join(rows) + "\n"


def _how(template: AppTemplate) -> str:
    if template.is_run:
        return f"[{template.status}](../../{template.test}), {template.ran_with}"
    return f"{template.status}: by [this documentation]({template.follows})"


def guess(client: Client) -> AppTemplate | None:
    """The template whose addresses this app has, the most telling one; None where none fits."""
    fitting = [each for each in templates().values() if _own_suffixes(each) and address_of(each, client)]
    return max(fitting, key=lambda each: _likeness(each, client), default=None)


def _likeness(template: AppTemplate, client: Client) -> tuple[bool, int]:
    """Two apps may have the same addresses, as Gitea and Forgejo do: then the name tells."""
    return template.title == client.name, max(map(len, _own_suffixes(template)))


def address_of(template: AppTemplate, client: Client) -> Address | None:
    """Where the app is, if its redirect URIs are those of `template` there."""
    for candidate in _candidates(template, client):
        asked: object = template.registration(candidate)["redirect_uris"]
        if isinstance(asked, list) and set(asked) <= set(client.redirect_uris):
            return candidate
    return None


def _candidates(template: AppTemplate, client: Client) -> Iterator[Address]:
    for suffix in _own_suffixes(template):
        for uri in client.redirect_uris:
            if uri.endswith(suffix):
                try:
                    yield read_address(uri.removesuffix(suffix))
                except UnfitAddress:
                    continue


def _own_suffixes(template: AppTemplate) -> list[str]:
    """What follows the address in its redirect URIs, where that is enough to tell it by."""
    suffixes = [uri.removeprefix(_ADDRESS) for uri in template.redirect_uris if uri.startswith(_ADDRESS)]
    return [suffix for suffix in suffixes if len(suffix) > 1]
