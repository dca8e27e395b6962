"""In which language a page is: the app's wish, the person's, the browser's choice and its header, ours."""

from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts import language
from accounts.models import User
from tests.factories import make_session, make_user
from tests.idp.app import App, make_client

WORDS = {
    "en": "Sign in",
    "de": "Anmelden",
    "fr": "Se connecter",
    "es": "Iniciar sesión",
    "zh-Hans": "登录",
} | {"ar": "تسجيل الدخول"}


def spoken(answer: Any) -> str:
    assert answer.status_code == 200
    tag = str(answer["Content-Language"])
    assert WORDS[tag] in answer.content.decode()
    return tag


@pytest.mark.parametrize(
    ("tags", "ours"),
    [
        (["de"], "de"),
        (["de-AT-1996"], "de"),
        (["DE"], "de"),
        (["pt", "fr-CA"], "fr"),
        (["zh"], "zh-hans"),
        (["zh-CN"], "zh-hans"),
        (["zh-Hans-SG"], "zh-hans"),
        (["zh-TW"], ""),
        (["zh-Hant-HK", "fr"], "fr"),
        (["nl"], ""),
        ([""], ""),
        ([], ""),
    ],
)
def test_the_best_match_is_found(tags: list[str], ours: str) -> None:
    assert language.match(tags) == ours


@pytest.mark.django_db
class TestTheOrder:
    def test_without_any_wish_it_is_the_servers(self, settings: Any) -> None:
        assert spoken(Client().get("/login")) == "en"
        settings.DEFAULT_LANGUAGE = "fr"
        assert spoken(Client().get("/login")) == "fr"

    @pytest.mark.parametrize(
        ("header", "tag"),
        [
            ("de", "de"),
            ("nl, es;q=0.5, fr;q=0.9", "fr"),
            ("zh-CN,zh;q=0.9", "zh-Hans"),
            ("*", "en"),
            (";;q=,", "en"),
            ("de;q=0, fr;q=0.1", "fr"),
            ("de;q=0", "en"),
        ],
    )
    def test_the_browser_says(self, header: str, tag: str) -> None:
        answer = Client(headers={"Accept-Language": header}).get("/login")
        assert spoken(answer) == tag
        assert {"Accept-Language", "Cookie"} <= set(answer["Vary"].split(", "))

    def test_what_was_chosen_in_this_browser_comes_before_that(self) -> None:
        browser = Client(headers={"Accept-Language": "de"})
        answer = browser.post("/language?next=/login", {"language": "es"})
        assert (answer.status_code, answer["Location"]) == (303, "/login")
        assert spoken(browser.get("/login")) == "es"

    def test_the_persons_own_comes_before_that(self, cheap_passwords: None) -> None:
        alice = make_user("alice", locale="fr-CA")
        browser = Client(headers={"Accept-Language": "de"})
        browser.post("/language", {"language": "es"})
        session(browser, alice)
        assert 'lang="fr"' in browser.get("/account/").content.decode()

    def test_what_the_app_asks_for_comes_first_and_lasts_for_the_sign_in(self, cheap_passwords: None) -> None:
        app = App(client=make_client(), user=make_user("alice"), consented="")
        browser = Client(headers={"Accept-Language": "de"})
        login = browser.get("/oauth2/authorize", app.request(ui_locales="xx zh-CN fr"), follow=True)
        assert spoken(login) == "zh-Hans"
        assert spoken(browser.get("/login")) == "zh-Hans"
        login = browser.get("/oauth2/authorize", app.request(), follow=True)
        assert spoken(login) == "de", "another request, without a wish"


@pytest.mark.django_db
class TestThePage:
    def test_arabic_goes_from_right_to_left(self) -> None:
        page = Client(headers={"Accept-Language": "ar-EG"}).get("/login")
        assert spoken(page) == "ar"
        assert '<html lang="ar" dir="rtl">' in page.content.decode()

    def test_each_language_stands_there_in_itself(self) -> None:
        page = Client().get("/language").content.decode()
        for tag, name in (("de", "Deutsch"), ("fr", "Français"), ("zh-Hans", "简体中文")):
            assert f'lang="{tag}"' in page
            assert name in page

    @pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
    def test_s_083_it_leads_nowhere_else(self, to: str) -> None:
        answer = Client().post("/language", {"language": "de"}, query_params={"next": to})
        assert answer["Location"] == "/account/"

    @pytest.mark.parametrize("chosen", ["", "xx", "de\n", "../de"])
    def test_what_is_none_of_ours_changes_nothing(self, chosen: str) -> None:
        answer = Client().post("/language", {"language": chosen})
        assert answer.status_code == 200
        assert "signet_language" not in answer.cookies

    def test_the_admin_stays_english_wherever_it_lives(self, settings: Any) -> None:
        settings.ADMIN_PATH = "staff/admin"
        browser = Client(headers={"Accept": "text/html", "Accept-Language": "de"})
        assert "Content-Language" not in browser.get("/staff/admin/")
        assert browser.get("/staff/administrators")["Content-Language"] == "de"

    @pytest.mark.parametrize("path", ["/developers", "/learn", "/keys", "/playground/jwt", "/docs/errors"])
    def test_pages_for_developers_stay_english(self, path: str) -> None:
        answer = Client(headers={"Accept-Language": "de"}).get(path)
        assert '<html lang="en"' in answer.content.decode()
        assert "Content-Language" not in answer


@pytest.mark.django_db
@given(
    header=st.text(max_size=60),
    cookie=st.from_regex(r"[ -~]{0,40}", fullmatch=True),
    wish=st.text(max_size=40),
)
def test_no_wish_is_an_error(header: str, cookie: str, wish: str) -> None:
    browser = Client(headers={"Accept-Language": header})
    browser.cookies["signet_language"] = cookie
    browser.cookies["signet_ui_locales"] = cookie
    assert browser.get("/login").status_code == 200
    assert browser.get("/oauth2/logout", {"ui_locales": wish}).status_code < 500


@pytest.mark.django_db
def test_the_thread_goes_on_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.views.login.page_before", broken)
    browser = Client(headers={"Accept-Language": "de"}, raise_request_exception=False)
    assert browser.get("/login").status_code == 500
    assert (translation.get_language(), language.spoken.get()) == ("en", "")


def session(browser: Client, user: User) -> None:
    from tests.factories import sign_in

    sign_in(browser, user)
    make_session(user)
