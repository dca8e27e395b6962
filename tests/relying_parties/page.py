"""The pages of docs/apps, which the tests run as they are printed, but for addresses and credentials."""

import json
import re
from pathlib import Path
from typing import Any

from tests.live.process import ROOT
from tests.live.server import Server

FOLDER = ROOT / "docs" / "apps"
PROVIDER, APP = "https://id.example.com", "https://app.example.com"


class Page:
    """One page, with `server` as the provider and the app at `url`."""

    def __init__(self, name: str, server: Server, url: str = APP) -> None:
        self.text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        self.places = {PROVIDER: server.url, APP: url}
        self.server = server
        self.registration: dict[str, Any] = {}

    def register(self) -> dict[str, Any]:
        """By the page's own registration; what follows on the page has its id and its secret."""
        self.registration = self.server.client(**json.loads(self.block("json")))
        self.places["CLIENT_ID"] = self.registration["client_id"]
        self.places["CLIENT_SECRET"] = self.registration.get("client_secret", "")
        return self.registration

    def block(self, language: str) -> str:
        """The code of the page's fenced block in that language."""
        [code] = re.findall(rf"^```{language}\n(.*?)^```", self.text, re.DOTALL | re.MULTILINE)
        places = "|".join(map(re.escape, self.places))  # whole words: OIDC_RP_CLIENT_ID is none
        return re.sub(rf"(?<!\w)({places})(?!\w)", lambda found: self.places[found[1]], code)

    def save(self, language: str, path: Path) -> Path:
        path.write_text(self.block(language), encoding="utf-8")
        return path
