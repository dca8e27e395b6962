"""Every template of docs/apps: it registers through the model's own checks, and what it prints is whole and true."""

import ast
import configparser
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from idp.app_templates import filling, library, pages
from idp.app_templates.filling import read_address
from idp.app_templates.markdown import Block, texts
from idp.app_templates.template import AppTemplate
from idp.clients import metadata
from idp.endpoints.discovery import metadata as discovery
from idp.models import Client
from tests.live.process import ROOT

ALL = list(library.templates().values())
NAMED = [
    "grafana", "gitea", "forgejo", "gitlab", "nextcloud", "proxmox", "portainer", "immich", "jellyfin", "paperless-ngx",
    "outline", "argo-cd", "kubelogin", "vault", "minio", "miniflux", "bookstack", "wordpress", "oauth2-proxy", "apache",
    "mozilla-django-oidc", "django-allauth", "fastapi", "flask", "nextjs", "express", "oidc-client-ts", "spring-boot",
    "dotnet", "go",
]  # fmt: skip
SECRET = "s-" + "x" * 40
each = pytest.mark.parametrize("template", ALL, ids=lambda template: template.slug)


def address(template: AppTemplate) -> filling.Address | None:
    return read_address(template.example) if template.asks else None


def made(template: AppTemplate) -> Client:
    registration = metadata.read(template.registration(address(template)), trusted=True)
    registration.client.full_clean(exclude={"sector"})
    registration.create(timezone.now())
    return registration.client


def test_every_app_that_was_asked_for_has_a_template() -> None:
    assert set(NAMED) <= set(library.templates())


@each
@pytest.mark.django_db
def test_it_registers_and_its_settings_have_nothing_left_to_fill_in(template: AppTemplate) -> None:
    client = made(template)
    page = pages.of_client(template, client, SECRET if client.has_secret else "")
    assert page.missing == ()
    assert client.client_id in page.text
    assert (SECRET in page.text) is client.has_secret
    for text in (page.text, *texts(page.blocks)):
        assert not re.search(r"\{(issuer|address|domain|client_id|client_secret)\}", text)
        assert filling.UNKNOWN_ID not in text
        assert filling.UNKNOWN_SECRET not in text


@each
@pytest.mark.django_db
def test_an_app_made_from_it_is_known_to_be(template: AppTemplate) -> None:
    client = made(template)
    telling = any(uri.startswith("{address}/") and len(uri) > 10 for uri in template.redirect_uris)
    assert library.guess(client) == (template if telling else None)
    if telling:
        assert library.address_of(template, client) == address(template)


@each
def test_it_names_only_addresses_that_discovery_advertises(template: AppTemplate) -> None:
    served = {str(value) for value in discovery().values()} | {discovery()["issuer"] + pages.DISCOVERY}
    for text in texts(template.body):
        for path in re.findall(r"\{issuer\}(/[^\s'\"`,;\\]*)", text):
            assert discovery()["issuer"] + path in served, path


@each
def test_it_asks_for_no_scope_that_there_is_not(template: AppTemplate) -> None:
    assert set(str(template.client["scope"]).split()) <= set(discovery()["scopes_supported"])


@each
def test_it_has_no_secret_of_its_own(template: AppTemplate) -> None:
    """S-042: what stands for one is a place, and a word where the app wants a random text of its own."""
    text = (library.folder() / f"{template.slug}.md").read_text(encoding="utf-8")
    for found in re.findall(
        r"(?i)(?:client_?secret|secret)['\"]?\s*[=:]\s*['\"]?([A-Za-z0-9+/_-]{16,})", text
    ):
        assert found == "a-long-random-text"
    by = template.client.get("token_endpoint_auth_method")
    assert ("{client_secret}" in text) is (by not in ("none", "private_key_jwt"))


@each
def test_what_is_run_names_the_test_that_runs_it(template: AppTemplate) -> None:
    if not template.is_run:
        assert template.follows.startswith("https://")
        return
    source = (ROOT / template.test).read_text(encoding="utf-8")
    assert f'"{template.slug}"' in source
    assert "register()" in source


@each
def test_its_neighbours_are_templates_and_its_files_are_there(template: AppTemplate) -> None:
    spans = [span for block in (template.lead, *template.body) for row in block.rows for span in row]
    for span in spans:
        if span.href.startswith("/docs/apps/"):
            assert span.href.removeprefix("/docs/apps/") in library.templates()
        elif span.kind == "link" and not span.href:
            assert (library.folder() / span.url).resolve().exists()


def _ini(text: str) -> None:
    configparser.ConfigParser(interpolation=None).read_string(text)


def _shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr


def _html(text: str) -> None:
    HTMLParser().feed(text)


PARSERS: dict[str, Callable[[str], object]] = {
    "ini": _ini,
    "toml": tomllib.loads,
    "json": json.loads,
    "python": ast.parse,
    "sh": _shell,
    "html": _html,
}
WITHOUT = {"apache", "csharp", "go", "js", "php", "ruby", "ts", "yaml"}  # no parser of them is at hand


def code() -> Iterator[tuple[str, Block]]:
    for template in ALL:
        page = pages.of(template, address(template), client_id="0123abcd", client_secret=SECRET)
        yield from ((template.slug, block) for block in page.blocks if block.kind == "code")


@pytest.mark.parametrize(
    "block",
    [block for _, block in code()],
    ids=[f"{slug} {number}" for number, (slug, _) in enumerate(code())],
)
def test_code_reads_as_its_language(block: Block) -> None:
    assert block.language in PARSERS.keys() | WITHOUT
    if block.language in PARSERS:
        PARSERS[block.language](block.text)


def test_the_json_in_the_shell_variable_of_paperless_is_json() -> None:
    page = pages.of(library.templates()["paperless-ngx"], read_address("p.example"), client_id="i")
    [value] = re.findall(r"PROVIDERS='(.*)'", page.text)
    assert json.loads(value)["openid_connect"]["APPS"][0]["client_id"] == "i"


def test_the_readme_has_the_status_of_every_template() -> None:
    """`manage.py client templates --markdown` prints the table."""
    readme = (library.folder() / "README.md").read_text(encoding="utf-8")
    assert library.table() in readme


def test_every_page_is_a_template_or_one_of_those_for_apis() -> None:
    stems = {path.stem for path in library.folder().glob("*.md")}
    assert stems - set(library.templates()) == {"README", "apis", "step-up"}


@pytest.mark.django_db
def test_an_app_with_other_addresses_is_told_which_are_missing() -> None:
    client = Client.objects.create(name="x", redirect_uris=["https://g.example:3000/elsewhere"])
    assert library.guess(client) is None
    page = pages.of_client(library.templates()["grafana"], client)
    assert page.missing == ("https://g.example:3000/login/generic_oauth",)
    assert "root_url = https://g.example:3000\n" in page.text


@pytest.mark.django_db
@pytest.mark.parametrize("uris", [[], ["com.example.app:/cb"], ["https://"], ["https://a.example/x?y=1"]])
def test_an_app_with_any_address_has_a_page_of_every_template(uris: list[str]) -> None:
    client = Client.objects.create(name="x", redirect_uris=uris)
    for template in ALL:
        assert client.client_id in pages.of_client(template, client).text
