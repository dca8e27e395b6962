"""/docs/errors: a page for every check and no other, whole, and never a dead link in an answer."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client as Browser

from idp.admin.client import ClientAdmin
from idp.app_templates.markdown import texts
from idp.explaining.pages import FOLDER, INDEX, Page, page, pages
from idp.protocol.checks import known
from tests.factories import make_admin, sign_in
from tests.idp.app import App, answer, make_client
from tests.idp.flow import read_answer

SECTIONS = ["What it means", "Usual causes", "How to mend it", "Example"]
PAGES = list(pages().values())


def test_every_check_has_its_page_and_every_page_its_check() -> None:
    assert set(pages()) == known()


@pytest.mark.parametrize("each", PAGES, ids=lambda each: each.check)
def test_a_page_says_all_that_it_has_to(each: Page) -> None:
    assert 15 < len(each.title) < 90
    assert [name for name, _ in each.facts][:2] == ["Told as", "Clause"]
    clause = dict(each.facts)["Clause"]
    assert any(span.href.startswith("https://") for span in clause)
    headings = [block.rows[0][0].text for block in each.body if block.kind == "heading"]
    assert headings == SECTIONS
    assert [block.kind for block in each.body if block.kind != "heading"] == [
        "paragraph",
        "items",
        "items",
        "code",
    ]
    assert all(len(text) < 700 for text in texts(each.body))


def test_the_index_on_github_is_that_of_the_pages() -> None:
    rows = re.findall(
        r"^\| \[([a-z0-9-]+)\]\(\1\.md\) \| (.+) \|$", (FOLDER / f"{INDEX}.md").read_text(), re.M
    )
    assert rows == [(each.check, each.title) for each in PAGES]


def test_a_field_that_a_page_names_is_on_the_app_s_page_in_the_admin(db: None) -> None:
    client = make_client()
    browser = Browser()
    sign_in(browser, make_admin())
    found = browser.get(f"/admin/idp/client/{client.pk}/change/").content.decode()
    named = {each.field for each in PAGES if each.field}
    assert len(named) > 15
    assert {
        name for name in named if f'id="id_{name}"' not in found and f'id="id_{name}_0"' not in found
    } == set()
    assert ClientAdmin.form is not None


@pytest.mark.parametrize("each", PAGES, ids=lambda each: each.check)
def test_each_page_is_served(db: None, each: Page) -> None:
    response = Browser().get(each.path)
    assert response.status_code == 200
    assert each.title in response.content.decode().replace("&#x27;", "'")
    assert len(response.content) < 60_000


def test_the_list_leads_to_all_of_them(db: None) -> None:
    listed = Browser().get("/docs/errors").content.decode()
    assert set(re.findall(r'href="(/docs/errors/[^"]+)"', listed)) == {each.path for each in PAGES}


@pytest.mark.parametrize("check", ["no-such-check", "README", "..%2Fpeople", "PKCE"])
def test_there_is_no_other_page(db: None, check: str) -> None:
    assert Browser().get(f"/docs/errors/{check}").status_code == 404
    assert page(check) is None


def test_an_error_that_goes_to_the_app_says_where_to_read_on(app: App) -> None:
    """RFC 6749 section 4.1.2.1."""
    for mode in ("query", "fragment", "form_post"):
        _, found = read_answer(app.authorize(prompt="please", response_mode=mode))
        assert found["error_uri"] == f"{django_settings.ISSUER}/docs/errors/prompt"


def test_a_challenge_says_where_to_read_on_and_one_without_an_error_does_not(app: App) -> None:
    """RFC 6750 section 3; without credentials there is no error code, and nothing else (section 3.1)."""
    refused = app.userinfo("x")["WWW-Authenticate"]
    assert f'error_uri="{django_settings.ISSUER}/docs/errors/access-token"' in refused
    assert "error" not in Browser().get("/oauth2/userinfo")["WWW-Authenticate"]


def test_every_uri_is_of_the_characters_that_the_specification_allows() -> None:
    """RFC 6749 section 5.2: %x21 / %x23-5B / %x5D-7E; what the pages are called can't break it."""
    assert all(re.fullmatch("[a-z0-9-]+", each.check) for each in PAGES)


def test_unknown_and_wrong_are_told_alike(app: App) -> None:
    """S-041: neither the description nor the page gives away which apps there are."""
    app.secret = "wrong"
    wrong = app.token(grant_type="x")
    unknown = app.post("/oauth2/token", {"grant_type": "x"}, HTTP_AUTHORIZATION="Basic bm9ib2R5Ong=")
    assert wrong.json() == unknown.json()


def test_a_code_that_is_good_has_no_error_uri(app: App) -> None:
    assert "error_uri" not in answer(app.authorize())


def test_the_folder_is_where_github_looks(settings: Any) -> None:
    assert Path(settings.BASE_DIR) / "docs" / "errors" == FOLDER
