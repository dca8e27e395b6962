"""mozilla-django-oidc: a Django site in processes of its own, with the settings that docs/apps prints."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import pytest
import requests

from tests.live.process import Process, environment
from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.relying_parties.page import Page
from tests.relying_parties.parts import CHANGES, altered

SITE = Path(__file__).with_name("mozilla_site.py")


class Site(NamedTuple):
    url: str
    environment: dict[str, str]

    def run(self, *arguments: str, stdin: str = "") -> str:
        return subprocess.run(
            [sys.executable, SITE, *arguments],
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout


@pytest.fixture(scope="module")
def site(live: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("mozilla")
    process = Process(folder / "site.log")
    url = f"http://127.0.0.1:{process.port}"
    page = Page("mozilla-django-oidc", live, url)
    page.register()
    env = environment(
        SITE_SETTINGS=str(page.save("python", folder / "documented.py")),
        SITE_DATABASE=str(folder / "site.sqlite3"),
    )
    site = Site(url, env)
    site.run("migrate", "--verbosity=0")
    process.gunicorn("--threads=2", "--no-control-socket", SITE.stem, env=env, cwd=SITE.parent)
    yield site
    process.stop()


@pytest.fixture
def signed_in(site, alice):
    """What the site says of a person who clicked "sign in" there and came back."""
    browser = requests.Session()
    door = browser.get(f"{site.url}/oidc/authenticate/", allow_redirects=False)
    arrival = Visitor(alice).authorize(door.headers["Location"], f"{site.url}/oidc/callback/")
    answer = browser.get(arrival.url, allow_redirects=False)
    return browser.get(urljoin(answer.url, answer.headers["Location"])).json()


def test_the_site_knows_who_signed_in(signed_in, alice):
    assert signed_in["email"] == f"{alice.username}@example.org"


def test_the_site_takes_the_token_and_none_with_a_changed_character(site, signed_in):
    token = signed_in["id_token"]
    tokens = [token, *(altered(token, change) for change in CHANGES)]
    first, *others = site.run("token", stdin="\n".join(tokens)).splitlines()
    assert first == "taken"
    assert len(others) == len(CHANGES)
    assert all(other.startswith("refused") for other in others), others
