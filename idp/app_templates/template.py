"""One app template: the page of docs/apps, its head read strictly.

The head is the page's first fence, in TOML; its `[client]` is client metadata (RFC 7591 section 2), so that what is
registered goes through the same checks as any other registration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from idp.app_templates.filling import Address, fill_document, unknown_places, values
from idp.app_templates.markdown import Block, Unreadable, blocks, texts
from idp.clients.metadata_fields import EXTENSIONS, STANDARD

RUN, NOT_RUN = "run in tests", "not run"
GROUPS = {"apps": "Apps", "libraries": "Libraries, for an app of your own"}
_ALWAYS = {"group", "status", "date", "client"}
_HEAD = {
    RUN: (_ALWAYS | {"test", "ran_with"}, {"asks", "example", "follows"}),
    NOT_RUN: (_ALWAYS | {"follows"}, {"asks", "example", "unverified"}),
}


@dataclass(frozen=True)
class AppTemplate:
    slug: str
    title: str
    lead: Block
    body: tuple[Block, ...]
    text: str  # the body as it is written, for the command line
    group: str
    status: str
    date: date
    client: Mapping[str, object]
    asks: str = ""  # the question that has the app's address as answer; "" where it does not matter
    example: str = ""
    test: str = ""
    ran_with: str = ""
    follows: str = ""
    unverified: tuple[str, ...] = ()

    @property
    def is_run(self) -> bool:
        return self.status == RUN

    @property
    def redirect_uris(self) -> list[str]:
        uris: Any = self.client["redirect_uris"]
        return list(uris)

    def registration(self, address: Address | None) -> dict[str, object]:
        """The client metadata of an app at `address`."""
        known = values(address)
        document = {name: fill_document(value, known) for name, value in self.client.items()}
        return {"client_name": self.title, **document}


def parse(slug: str, text: str) -> AppTemplate | None:
    """None for a page without a head, which is no template. Raises Unreadable."""
    title, _, rest = text.partition("\n")
    if not title.startswith("# "):
        raise Unreadable("a page begins with # and its title")
    above, fence, below = rest.partition("\n```toml\n")
    if not fence or "\n```" in above:
        return None
    head, fence, body = below.partition("\n```\n")
    if not fence:
        raise Unreadable("the head has no end")
    return _template(slug, title[2:].strip(), above, _read_head(head), body)


def _template(slug: str, title: str, lead: str, head: dict[str, Any], body: str) -> AppTemplate:
    leads, found = blocks(lead), blocks(body)
    if len(leads) != 1 or leads[0].kind != "paragraph":
        raise Unreadable("between the title and the head stands one paragraph")
    if strange := set[str]().union(*(unknown_places(text) for text in texts(found))):
        raise Unreadable(f"unknown places: {', '.join(sorted(strange))}")
    if not any(block.kind in ("code", "items") for block in found):
        raise Unreadable("there is nothing to set up")
    head["unverified"] = tuple(head.get("unverified", ()))
    return AppTemplate(slug=slug, title=title, lead=leads[0], body=found, text=body.strip() + "\n", **head)


def _read_head(text: str) -> dict[str, Any]:
    import tomllib  # with the first page that is read, not with the process

    try:
        head = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"the head is no TOML: {error}") from error
    if head.get("status") not in _HEAD:
        raise Unreadable(f"status is one of {', '.join(_HEAD)}")
    needed, possible = _HEAD[head["status"]]
    if missing := needed - set(head):
        raise Unreadable(f"the head lacks {', '.join(sorted(missing))}")
    if strange := set(head) - needed - possible:
        raise Unreadable(f"the head may not have {', '.join(sorted(strange))}")
    _check_values(head)
    return head


def _check_values(head: dict[str, Any]) -> None:
    if head["group"] not in GROUPS:
        raise Unreadable(f"group is one of {', '.join(GROUPS)}")
    if type(head["date"]) is not date:
        raise Unreadable("date is a day")
    if ("asks" in head) is not ("example" in head):
        raise Unreadable("asks and example come together")
    client = head["client"]
    if unknown := set(client) - {*STANDARD, *EXTENSIONS, "scope"}:
        raise Unreadable(f"[client] has no {', '.join(sorted(unknown))}")
    if not client.get("redirect_uris"):
        raise Unreadable("[client] needs redirect_uris")
    places = "{address}" in str(client) or "{domain}" in str(client)
    if places and "asks" not in head:
        raise Unreadable("[client] has the address, so the head has to ask for it")
