"""The tabs of an app's page: one bar on all of them, and only what one may open."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse

from idp.admin import tabs
from idp.models import Client
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db
BAR = '<nav class="tabs"'


@pytest.fixture
def wiki() -> Client:
    return make_client(name="Wiki", redirect_uris=["https://wiki.example/cb"])


@pytest.fixture
def browser() -> Browser:
    return Browser()


def bar(page: str) -> str:
    return page[page.index(BAR) : page.index("</nav>", page.index(BAR))]


def test_the_settings_and_every_tab_show_the_same_bar(wiki: Client, browser: Browser) -> None:
    sign_in(browser, make_admin())
    names = ["change", *(tab.slug for tab in tabs.TABS)]
    shown = [bar(browser.get(reverse(f"admin:idp_client_{name}", args=[wiki.pk])).text) for name in names]
    assert {text.replace(' aria-current="page"', "") for text in shown} == {
        shown[0].replace(' aria-current="page"', "")
    }
    assert len(set(shown)) == len(names)  # each marks itself


def test_the_page_of_a_new_app_has_none(browser: Browser) -> None:
    sign_in(browser, make_admin())
    assert BAR not in browser.get(reverse("admin:idp_client_add")).text


def test_an_app_that_is_not_there_has_no_tabs(browser: Browser) -> None:
    sign_in(browser, make_admin())
    assert {browser.get(reverse(f"admin:{tab.url_name}", args=[99])).status_code for tab in tabs.TABS} == {
        404
    }


def test_s_130_a_tab_asks_for_its_right_and_for_the_apps(
    wiki: Client, browser: Browser, monkeypatch: Any
) -> None:
    user = make_user("carol")
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename="view_grant"))
    tab = tabs.Tab("connect", "Connect", "idp.view_grant", tabs.TABS[0].view)
    assert not tab.open_to(type(user).objects.get(pk=user.pk))
    user.user_permissions.add(Permission.objects.get(codename="view_client"))
    assert tab.open_to(type(user).objects.get(pk=user.pk))
    monkeypatch.setattr(tabs, "TABS", (tabs.Tab("connect", "Connect", "keys.view_signingkey", tab.view),))
    sign_in(browser, user)
    page = browser.get(reverse("admin:idp_client_change", args=[wiki.pk])).text
    assert "Settings" in bar(page)
    assert "Connect" not in bar(page)
