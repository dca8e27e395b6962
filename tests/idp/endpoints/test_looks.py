"""What the sign-in and consent pages show of an app: its logo where an admin lets it, its policy and its terms."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from idp.clients.risks import risks
from idp.models import Client
from tests.idp.app import App, location, make_client

pytestmark = pytest.mark.django_db
LOGO, POLICY, TERMS = (f"https://app.example/{name}" for name in ("logo.png", "policy", "terms"))


def app_with(**fields: Any) -> App:
    return App(make_client(**fields), consented="")


def login_page(app: App) -> HttpResponse:
    return app.browser.get(location(app.authorize()))


def consent_page(app: App) -> HttpResponse:
    app.sign_in()
    return app.browser.get(location(app.authorize()))


PAGES = pytest.mark.parametrize("page", [login_page, consent_page])


@PAGES
def test_policy_and_terms_are_links(page: Any) -> None:
    shown = page(app_with(policy_uri=POLICY, tos_uri=TERMS)).content.decode()
    for address in (POLICY, TERMS):
        assert f'<a href="{address}" rel="noopener noreferrer">' in shown


@PAGES
def test_the_logo_of_an_app_whose_admin_lets_it_show_is_loaded_and_may_be(page: Any) -> None:
    shown = page(app_with(logo_uri=LOGO, show_logo=True))
    assert f'<img src="{LOGO}" alt="" referrerpolicy="no-referrer">' in shown.content.decode()
    assert "img-src 'self' data: https://app.example;" in shown["Content-Security-Policy"]


@PAGES
def test_s_081_by_default_nothing_is_loaded_from_elsewhere(page: Any) -> None:
    shown = page(app_with(logo_uri=LOGO))
    assert LOGO not in shown.content.decode()
    assert "img-src 'self' data:;" in shown["Content-Security-Policy"]


@pytest.mark.parametrize(
    "logo",
    [
        "https://x;script-src%20*@app.example/logo.png",
        "https://x;sandbox@app.example/logo.png",
        "http://app.example/logo.png",
        "javascript:alert(1)",
        "",
    ],
)
def test_s_081_a_logo_whose_address_fits_no_policy_is_not_shown(logo: str, settings: Any) -> None:
    settings.LOCAL = False
    client = Client(logo_uri=logo, show_logo=True)
    assert (client.logo_origin, client.shown_logo) == ("", "")


def test_a_stranger_s_app_shows_no_logo(settings: Any) -> None:
    settings.REGISTRATION = "open"
    said = {"redirect_uris": ["https://app.example/cb"], "logo_uri": LOGO, "signet_show_logo": True}
    assert Browser().post("/oauth2/register", said, content_type="application/json").status_code == 201
    assert not Client.objects.get().show_logo


def test_the_admin_reads_who_hears_of_sign_ins() -> None:
    assert any(
        "logo is loaded from its own server" in risk
        for risk in risks(app_with(logo_uri=LOGO, show_logo=True).client, timezone.now())
    )
