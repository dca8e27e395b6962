"""django-allauth: a Django site in processes of its own, with the settings that docs/apps prints.

Those for Paperless-ngx are django-allauth's in JSON, so the same site takes them; Paperless itself is not run.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from tests.live.process import Process, environment
from tests.live.server import Server
from tests.live.visitor import Visitor, forms
from tests.relying_parties.page import Page

SITE = Path(__file__).with_name("allauth_site.py")
LOGIN = "/accounts/oidc/signet/login/"


def django_allauth(page: Page, settings: Path) -> str:
    page.save("python", settings)
    return "allauth.socialaccount.providers.openid_connect"


def paperless(page: Page, settings: Path) -> str:
    """Reads its variables as src/paperless/settings of Paperless-ngx does."""
    said = dict(word.split("=", 1) for word in shlex.split(page.block("sh")))
    providers = json.loads(said["PAPERLESS_SOCIALACCOUNT_PROVIDERS"])
    settings.write_text(f"SOCIALACCOUNT_PROVIDERS = {providers!r}\n", encoding="utf-8")
    return said["PAPERLESS_APPS"]


# By the name of the page: writes the settings, and gives what has to be installed for them.
PAGES: dict[str, Callable[[Page, Path], str]] = {"django-allauth": django_allauth, "paperless-ngx": paperless}


@pytest.fixture(scope="module", params=PAGES)
def site(
    request: pytest.FixtureRequest, live: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("allauth")
    process = Process(folder / "site.log")
    url = f"http://127.0.0.1:{process.port}"
    page = Page(request.param, live, url)
    page.register()
    settings = folder / "documented.py"
    env = environment(
        SITE_APPS=PAGES[page.name](page, settings),
        SITE_SETTINGS=str(settings),
        SITE_DATABASE=str(folder / "site.sqlite3"),
    )
    subprocess.run([sys.executable, SITE, "migrate", "--verbosity=0"], env=env, check=True)
    process.gunicorn("--threads=2", "--no-control-socket", SITE.stem, env=env, cwd=SITE.parent)
    yield url
    process.stop()


@pytest.fixture
def sign_in(site, alice):
    """What a person does at the site's door; gives the authorization request, and their browser at the site."""

    def sign_in() -> tuple[str, requests.Session]:
        browser = requests.Session()
        [form] = forms(browser.get(site + LOGIN, timeout=30))
        door = browser.post(form.action, form.fields, allow_redirects=False, timeout=30)
        arrival = Visitor(alice).authorize(door.headers["Location"], f"{site}{LOGIN}callback/")
        answer = browser.get(arrival.url, allow_redirects=False, timeout=30)
        assert urljoin(answer.url, answer.headers.get("Location")) == f"{site}/", answer.text
        return door.headers["Location"], browser

    return sign_in


def test_the_site_knows_who_signed_in_and_that_the_address_is_theirs(site, sign_in, alice):
    _, browser = sign_in()
    assert browser.get(f"{site}/", timeout=30).json() == {
        "username": alice.username,
        "email": f"{alice.username}@example.org",
        "verified": True,
        "sub": alice.sub,
    }


def test_a_person_who_comes_again_is_the_same(site, sign_in):
    first, second = (sign_in()[1].get(f"{site}/", timeout=30).json() for _ in range(2))
    assert first == second


def test_it_asks_with_pkce(sign_in):
    asked, _ = sign_in()
    assert parse_qs(urlsplit(asked).query)["code_challenge_method"] == ["S256"]
