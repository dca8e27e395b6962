"""Connecting an app: its template chosen, one address typed, and its settings with real values, once."""

import html
import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts import roles
from accounts.models import AuditEvent
from idp.app_templates import library
from idp.clients.authentication import SECRET
from idp.models import Client, ClientSecret
from idp.protocol.secrets import matches
from tests.factories import make_admin, make_user, sign_in

pytestmark = pytest.mark.django_db
GALLERY = reverse("admin:idp_client_gallery")


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("alice"))
    return browser


def path(slug: str) -> str:
    return reverse("admin:idp_client_from_template", args=[slug])


def connect(browser: Browser, slug: str, address: str = "") -> str:
    response = browser.post(path(slug), {"address": address})
    assert response.status_code == 200
    return html.unescape(response.text)


def test_the_gallery_has_every_template_and_is_a_click_from_the_list(browser: Browser) -> None:
    page = browser.get(GALLERY).text
    assert all(f'href="{path(slug)}"' in page for slug in library.templates())
    assert f'href="{GALLERY}"' in browser.get(reverse("admin:idp_client_changelist")).text


def test_one_address_registers_the_app_and_gives_its_settings(browser: Browser) -> None:
    page = connect(browser, "grafana", "grafana.example.com")
    client = Client.objects.get()
    assert (client.name, client.redirect_uris) == (
        "Grafana",
        ["https://grafana.example.com/login/generic_oauth"],
    )
    assert (client.token_endpoint_auth_method, client.require_pkce) == ("client_secret_basic", True)
    assert client.scopes == ["openid", "profile", "email", "groups"]
    [secret] = set(re.findall(r"client_secret = (\S+)", page))
    assert matches(secret, ClientSecret.objects.get().digest, SECRET)
    assert f"client_id = {client.client_id}\n" in page
    assert "auth_url = http://localhost:8000/oauth2/authorize\n" in page


def test_s_042_the_secret_is_on_that_one_answer(browser: Browser) -> None:
    response = browser.post(path("grafana"), {"address": "grafana.example.com"})
    [secret] = set(re.findall(r"client_secret = (\S+)", response.text))
    assert "no-store" in response["Cache-Control"]
    client = Client.objects.get()
    for name in ("idp_client_connect", "idp_client_change"):
        assert secret not in browser.get(reverse(f"admin:{name}", args=[client.pk])).text
    assert not any(secret in str(event.detail) for event in AuditEvent.objects.all())


def test_it_is_on_record_who_connected_what(browser: Browser) -> None:
    connect(browser, "grafana", "grafana.example.com")
    made, secret = AuditEvent.objects.filter(type__startswith="client.").order_by("id")
    assert (made.type, made.detail["template"]) == ("client.created", "grafana")
    assert secret.type == "client.secret_issued"
    assert made.client_id == secret.client_id == Client.objects.get().client_id


def test_a_public_app_gets_no_secret(browser: Browser) -> None:
    page = connect(browser, "oidc-client-ts", "http://localhost:5173")
    assert Client.objects.get().is_public
    assert not ClientSecret.objects.exists()
    assert "shown only now" not in page


def test_an_app_whose_address_does_not_matter_is_asked_nothing(browser: Browser) -> None:
    assert 'name="address"' not in browser.get(path("kubelogin")).text
    assert "--oidc-client-id" in connect(browser, "kubelogin")
    assert Client.objects.get().is_native


@pytest.mark.parametrize(
    "address",
    ["", "http://grafana.example.com", "grafana.example.com/'", "a b", "x" * 300, "\x01", "ü.example"],
)
def test_s_004_an_address_that_is_not_right_registers_nothing(browser: Browser, address: str) -> None:
    page = connect(browser, "grafana", address)
    assert 'class="errorlist"' in page
    assert not Client.objects.exists()


def test_s_080_what_was_typed_comes_back_escaped(browser: Browser) -> None:
    response = browser.post(path("grafana"), {"address": '"><script>alert(1)</script>'})
    assert "<script>alert(1)" not in response.text


@pytest.mark.parametrize("slug", ["nothing", "README", "apis"])
def test_there_is_no_page_of_what_is_no_template(browser: Browser, slug: str) -> None:
    assert browser.get(path(slug)).status_code == 404
    assert browser.post(path(slug), {"address": "a.example"}).status_code == 404


def test_s_130_whoever_may_not_add_apps_connects_none() -> None:
    viewer, browser = make_user("victor"), Browser()
    roles.assign(viewer, [roles.VIEWER], actor="test")
    sign_in(browser, type(viewer).objects.get(pk=viewer.pk))
    assert browser.post(path("grafana"), {"address": "a.example"}).status_code == 403
    assert not Client.objects.exists()
    assert "Connect an app" not in browser.get(reverse("admin:idp_client_changelist")).text


class TestConnectTab:
    @pytest.fixture
    def grafana(self) -> Client:
        uri = "https://grafana.example.com/login/generic_oauth"
        return Client.objects.create(name="Metrics", redirect_uris=[uri])

    def page(self, browser: Browser, client: Client, **query: Any) -> str:
        answer = browser.get(reverse("admin:idp_client_connect", args=[client.pk]), query)
        assert answer.status_code == 200
        return html.unescape(answer.text)

    def test_knows_what_the_app_is_by_its_addresses(self, browser: Browser, grafana: Client) -> None:
        page = self.page(browser, grafana)
        assert '<option value="grafana" selected>' in page
        assert "root_url = https://grafana.example.com\n" in page
        assert f"client_id = {grafana.client_id}\nclient_secret = YOUR_CLIENT_SECRET\n" in page
        assert "also needs" not in page

    def test_shows_any_template_and_what_it_would_need(self, browser: Browser, grafana: Client) -> None:
        page = self.page(browser, grafana, template="miniflux")
        assert "OAUTH2_PROVIDER=oidc\n" in page
        assert "https://grafana.example.com/oauth2/oidc/callback" in page
        assert "also needs" in page

    @pytest.mark.parametrize("template", ["", "nothing"])
    def test_shows_the_plain_names_to_any_app(self, browser: Browser, grafana: Client, template: str) -> None:
        page = self.page(browser, grafana, template=template)
        assert "root_url" not in page
        for line in (
            "OIDC_ISSUER='http://localhost:8000'",
            "OIDC_DISCOVERY_URL='http://localhost:8000/.well-known/openid-configuration'",
            f"OIDC_CLIENT_ID='{grafana.client_id}'",
            "OIDC_CLIENT_SECRET='YOUR_CLIENT_SECRET'",
            "OIDC_REDIRECT_URI='https://grafana.example.com/login/generic_oauth'",
        ):
            assert f"{line}\n" in page
        assert "http://localhost:8000/oauth2/token" in page

    def test_says_nothing_of_a_secret_to_a_public_app(self, browser: Browser) -> None:
        client = Client.objects.create(
            name="Page", redirect_uris=["https://p.example/"], token_endpoint_auth_method="none"
        )
        assert "SECRET" not in self.page(browser, client, template="")

    def test_takes_no_form(self, browser: Browser, grafana: Client) -> None:
        assert browser.post(reverse("admin:idp_client_connect", args=[grafana.pk])).status_code == 405


def test_the_same_address_twice_is_asked_about_first(browser: Browser) -> None:
    connect(browser, "grafana", "grafana.example.com")
    first = Client.objects.get()
    page = connect(browser, "grafana", "https://grafana.example.com/")
    assert f'href="{reverse("admin:idp_client_connect", args=[first.pk])}"' in page
    assert "An app of this address is registered already: " in page
    assert "Register another all the same" in page
    assert Client.objects.count() == 1
    again = browser.post(path("grafana"), {"address": "grafana.example.com", "again": "yes"})
    assert "is registered" in again.text
    assert Client.objects.count() == 2
    page = connect(browser, "grafana", "grafana.example.com")
    assert "Apps of this address are registered already: " in page
    assert all(client.client_id in page for client in Client.objects.all())


@pytest.mark.parametrize(
    ("slug", "address"), [("grafana", "other.example.com"), ("gitea", "grafana.example.com")]
)
def test_another_address_or_app_is_no_twin(browser: Browser, slug: str, address: str) -> None:
    connect(browser, "grafana", "grafana.example.com")
    assert "is registered" in connect(browser, slug, address)
    assert Client.objects.count() == 2
