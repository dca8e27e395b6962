"""How people are called at an app, and who can read its answers, in Django admin."""

import pytest
from django.test import Client as Browser

from idp.clients import sectors
from idp.clients.sectors import SectorDocument
from idp.models import Client
from tests.factories import make_admin, sign_in
from tests.idp.admin.test_client_admin import ADMIN, add, errors, save
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db
URI, OTHER = "https://wiki.example/cb", "https://notes.example/cb"
SECTOR = "https://sector.example/list.json"


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("alice"))
    return browser


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    asked: list[object] = []

    def look(uri: object) -> SectorDocument | None:
        asked.extend([uri] if uri else [])
        return SectorDocument(str(uri), frozenset([URI, OTHER])) if uri else None

    monkeypatch.setattr(sectors, "look", look)
    return asked


def test_a_pairwise_app_is_registered(browser: Browser) -> None:
    assert add(browser, subject_type="pairwise").status_code == 200
    assert Client.objects.get().sector.identifier == "wiki.example"


def test_the_kind_of_subjects_is_shown_and_not_asked_again(browser: Browser) -> None:
    wiki = make_client(redirect_uris=[URI])
    page = browser.get(f"{ADMIN}{wiki.pk}/change/").content.decode()
    assert 'name="subject_type"' not in page
    assert "public: the same at every app" in page
    assert save(browser, wiki, subject_type="pairwise").status_code == 302
    wiki.refresh_from_db()
    assert wiki.subject_type == "public"


def test_several_hosts_need_a_document_that_lists_them(browser: Browser, looked: list[object]) -> None:
    both = f"{URI}\r\n{OTHER}"
    assert "sector_identifier_uri" in errors(add(browser, subject_type="pairwise", redirect_uris=both))
    response = add(browser, subject_type="pairwise", redirect_uris=both, sector_identifier_uri=SECTOR)
    assert "adminform" not in response.context
    assert Client.objects.get().sector.identifier == "sector.example"
    assert looked == [SECTOR]


def test_a_document_that_lacks_one_is_said_at_its_field(browser: Browser, looked: list[object]) -> None:
    wiki = make_client(redirect_uris=[URI], sector_identifier_uri=SECTOR)
    more = f"{URI}\r\nhttps://third.example/cb"
    found = errors(save(browser, wiki, redirect_uris=more, sector_identifier_uri=SECTOR))
    assert found["sector_identifier_uri"] == [
        "It has to list every redirect URI of the app (OIDC Registration section 5)."
    ]


def test_a_document_that_is_gone_does_not_stop_other_changes(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sectors, "look", lambda uri: SectorDocument(str(uri), None) if uri else None)
    wiki = make_client(redirect_uris=[URI], sector_identifier_uri=SECTOR)
    assert save(browser, wiki, name="Notes", sector_identifier_uri=SECTOR).status_code == 302
    assert "sector_identifier_uri" in errors(save(browser, wiki, sector_identifier_uri=f"{SECTOR}2"))


def test_encryption_without_a_key_is_said_at_its_field(browser: Browser) -> None:
    wiki = make_client(redirect_uris=[URI])
    found = errors(save(browser, wiki, id_token_encrypted_response_alg="RSA-OAEP-256"))
    assert "for encryption and of a fitting kind" in found["id_token_encrypted_response_alg"][0]


def test_hs256_is_marked_as_a_risk(browser: Browser) -> None:
    wiki = make_client(redirect_uris=[URI])
    assert save(browser, wiki, id_token_signed_response_alg="HS256").status_code == 302
    page = browser.get(f"{ADMIN}{wiki.pk}/change/").content.decode()
    assert "whoever has the secret can make ID tokens for it" in page
    assert "Its secrets are from before they had to sign" not in page, "it has none yet"


def test_hs256_at_a_public_app_is_refused(browser: Browser) -> None:
    wiki = make_client(redirect_uris=[URI])
    found = errors(
        save(browser, wiki, token_endpoint_auth_method="none", id_token_signed_response_alg="HS256")
    )
    assert "id_token_signed_response_alg" in found
