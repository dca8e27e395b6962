"""What the choice of a language costs the protocol, and how it meets an app's wish."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from accounts import language, sessions
from idp.protocol.params import FORM
from tests.idp.app import App


@pytest.fixture
def german(app: App) -> App:
    """Its browser wants German, and no catalog of ours is loaded yet."""
    app.browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    app.code()
    return app


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    catalogs: dict[str, object] = {}
    monkeypatch.setattr(trans_real, "_translations", catalogs)
    return catalogs


def test_no_catalog_is_loaded_for_programs_and_on_the_way_through(
    german: App, loaded: dict[str, object]
) -> None:
    tokens = german.tokens(ui_locales="fr")
    german.userinfo(tokens["access_token"])
    german.browser.get("/.well-known/openid-configuration")
    german.browser.get("/.well-known/jwks.json")
    assert set(loaded) <= {"en"}
    german.browser.get("/account/")
    assert "fr" in loaded, "or this test shows nothing"


@pytest.mark.parametrize("path", ["/login", "/account/", "/language", "/oauth2/authorize/unknown"])
def test_a_database_that_is_away_is_an_outage_still(
    german: App, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(sessions, "find", away)
    monkeypatch.setattr("idp.authorization.saved.find", lambda *_, **__: away())
    assert german.browser.get(path).status_code == 503


def test_a_refusal_is_read_in_the_language_that_the_app_asks_for(german: App) -> None:
    wrong = german.request(ui_locales="xx fr-CA", redirect_uri="https://elsewhere.example/")
    page = german.browser.get("/oauth2/authorize", wrong)
    assert (page.status_code, page["Content-Language"]) == (400, "fr")
    page = german.browser.get("/oauth2/authorize/unknown")
    assert (page.status_code, page["Content-Language"]) == (410, "de")
    assert (translation.get_language(), language.spoken.get()) == ("en", "")


def test_an_answer_by_form_is_a_page_too(german: App) -> None:
    page = german.browser.get("/oauth2/authorize", german.request(response_mode="form_post"))
    assert page["Content-Language"] == "de"


def test_a_question_without_pages_leaves_another_apps_wish_alone(german: App) -> None:
    browser = Client()
    browser.get("/oauth2/authorize", german.request(ui_locales="fr"))
    browser.get("/oauth2/authorize", german.request(prompt="none"))
    assert browser.get("/login")["Content-Language"] == "fr"


def test_the_wish_survives_a_form_from_another_site(german: App) -> None:
    browser = Client()
    sent = browser.post("/oauth2/authorize", urlencode(german.request(ui_locales="es")), content_type=FORM)
    page = browser.get(sent["Location"], follow=True)
    assert page["Content-Language"] == "es"
    sent = browser.post("/oauth2/logout", "ui_locales=fr", content_type=FORM)
    assert "ui_locales=fr" in sent["Location"]


def test_who_chooses_on_the_page_ends_the_apps_wish(german: App) -> None:
    browser = Client()
    login = browser.get("/oauth2/authorize", german.request(ui_locales="fr"), follow=True)
    assert login["Content-Language"] == "fr"
    browser.post("/language?next=/login", {"language": "es"})
    assert browser.get("/login")["Content-Language"] == "es"
