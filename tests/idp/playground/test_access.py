"""IDP_PLAYGROUND: who sees the pages, and who gets tokens for the playground's app."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client as Browser

from accounts.models import User
from idp.clients import playground
from idp.models import Client
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import App, answer, make_client

PAGES = ["/playground", "/playground/callback", "/playground/jwt", "/playground/quiz"]
ROOT = Path(__file__).parents[3]


def browser_of(user: User | None) -> Browser:
    browser = Browser()
    if user is not None:
        sign_in(browser, user)
    return browser


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("switch", "who", "status"),
    [
        ("off", "admin", 404),
        ("off", "nobody", 404),
        ("admin", "admin", 200),
        ("admin", "person", 403),
        ("admin", "nobody", 302),
        ("on", "person", 200),
        ("on", "nobody", 200),
    ],
)
def test_who_sees_the_pages(settings, path: str, switch: str, who: str, status: int):
    settings.PLAYGROUND = switch
    people: dict[str, Callable[[], User | None]] = {
        "admin": make_admin, "person": make_user, "nobody": lambda: None,
    }  # fmt: skip
    response = browser_of(people[who]()).get(path)
    assert response.status_code == status
    if status == 302:
        assert response["Location"].startswith("/login")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/playground/jwt", "/playground/jwt/status", "/playground/quiz"])
def test_nothing_is_answered_while_it_is_off(settings, path: str):
    settings.PLAYGROUND = "off"
    assert browser_of(make_admin()).post(path, {"token": "x"}).status_code == 404


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    app = make_app(playground.ensure(), consented="")
    app.sign_in()
    return app


def test_a_person_gets_tokens_while_it_is_on(app: App):
    tokens = app.tokens()
    assert app.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize("switch", ["off", "admin"])
def test_turning_the_switch_ends_what_was_given_and_gives_no_more(app: App, settings, switch: str):
    tokens, code = app.tokens(), app.code()
    settings.PLAYGROUND = switch
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert answer(app.authorize())["error"] == "access_denied"


def test_an_admin_may_while_it_is_for_admins(make_app: Callable[..., App], settings):
    settings.PLAYGROUND = "admin"
    app = make_app(playground.ensure(), user=make_admin(), consented="")
    app.sign_in()
    assert app.userinfo(app.tokens()["access_token"]).status_code == 200


def test_the_switch_leaves_other_apps_alone(make_app: Callable[..., App], settings):
    settings.PLAYGROUND = "off"
    app = make_app()
    app.sign_in()
    assert app.userinfo(app.tokens()["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("environment", "switch"),
    [
        ({}, "on"),
        ({"IDP_DEMO": "off"}, "admin"),
        ({"IDP_PLAYGROUND": "off"}, "off"),
        ({"IDP_DEMO": "off", "IDP_PLAYGROUND": "on"}, "on"),
        (
            {
                "IDP_ISSUER": "https://id.example.com",
                "IDP_SECRET_KEY": "s" * 50,
                "IDP_ENCRYPTION_KEYS": "1:" + "A" * 43 + "=",
            },
            "admin",
        ),
    ],
)
def test_the_default_is_on_for_a_demo_and_admins_elsewhere(tmp_path: Path, environment: dict, switch: str):
    script = "from idp import settings; print(settings.PLAYGROUND)"
    env = {"IDP_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == switch


# --- The app ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_visit_makes_the_app_and_the_second_does_not():
    assert not Client.objects.exists()
    for _ in range(2):
        assert Browser().get("/playground").status_code == 200
    client = Client.objects.get()
    assert client.client_id == "playground"
    client.full_clean()


@pytest.mark.django_db
def test_its_tokens_are_short_and_for_nobody_else():
    client = playground.ensure()
    assert client.is_public
    assert client.require_pkce
    assert client.audiences == []
    assert "offline_access" not in client.scopes
    assert client.access_token_lifetime.total_seconds() <= 300
    assert client.refresh_lifetime.total_seconds() <= 3600


@pytest.mark.django_db
def test_it_follows_the_issuer(settings):
    playground.ensure()
    settings.ISSUER = "https://id.example.com"
    assert playground.ensure().redirect_uris == ["https://id.example.com/playground/callback"]
    assert Client.objects.get().post_logout_redirect_uris == ["https://id.example.com/playground"]


@pytest.mark.django_db
def test_an_app_that_an_admin_switched_off_stays_off():
    client = playground.ensure()
    client.enabled = False
    client.save()
    assert "switched the app" in Browser().get("/playground").content.decode()
    assert not Client.objects.get().enabled


@pytest.mark.django_db
def test_an_app_of_somebody_else_with_that_id_is_left_alone():
    other = make_client(client_id="playground")
    response = Browser().get("/playground")
    assert response.status_code == 409
    assert Client.objects.get().redirect_uris == other.redirect_uris


def test_and_the_switch_is_not_about_it(make_app: Callable[..., App], settings):
    settings.PLAYGROUND = "off"
    app = make_app(make_client(client_id="playground"))
    app.sign_in()
    assert app.userinfo(app.tokens()["access_token"]).status_code == 200
