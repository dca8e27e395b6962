"""The pages of docs/apps, which the tests run as they are printed, but for addresses and credentials."""

import re
from pathlib import Path
from typing import Any

from idp.app_templates.filling import fill, read_address
from idp.app_templates.template import AppTemplate, parse
from tests.live.process import ROOT
from tests.live.server import Server

FOLDER = ROOT / "docs" / "apps"
PROVIDER, APP = "https://id.example.com", "https://app.example.com"  # in the pages that are no templates


class Page:
    """One page, with `server` as the provider and the app at `url`."""

    def __init__(self, name: str, server: Server, url: str = APP) -> None:
        self.name, self.server, self.address = name, server, read_address(url)
        self.text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        self.known = {"issuer": server.url, "address": self.address.url, "domain": self.address.domain}
        self.places = {PROVIDER: server.url, APP: url}  # what else a test puts in place of something
        self.registration: dict[str, Any] = {}

    @property
    def template(self) -> AppTemplate | None:
        return parse(self.name, self.text)

    def register(self) -> dict[str, Any]:
        """By the template itself, as an operator does; what follows on the page has its id and its secret."""
        assert self.template is not None, f"{self.name} is no template"
        self.registration = self.server.client("--template", self.name, "--domain", self.address.url)
        self.known["client_id"] = self.registration["client_id"]
        self.known["client_secret"] = self.registration.get("client_secret", "")
        return self.registration

    def block(self, language: str) -> str:
        """The code of the page's fenced block in that language."""
        template = self.template
        if template is None:
            [code] = re.findall(rf"^```{language}\n(.*?)^```", self.text, re.DOTALL | re.MULTILINE)
        else:
            [found] = [block.text for block in template.body if block.language == language]
            code = fill(found, self.known)
        places = "|".join(map(re.escape, self.places))
        return re.sub(rf"(?<!\w)({places})(?!\w)", lambda found: self.places[found[1]], code)

    def save(self, language: str, path: Path) -> Path:
        path.write_text(self.block(language), encoding="utf-8")
        return path
