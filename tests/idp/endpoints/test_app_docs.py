"""/docs/apps: a page of every template, with this provider's addresses, for whoever asks."""

import html

import pytest
from django.test import Client as Browser

from idp.app_templates import library

pytestmark = pytest.mark.django_db


def test_the_list_has_every_template_with_its_status() -> None:
    page = Browser().get("/docs/apps").text
    for template in library.templates().values():
        assert f'href="/docs/apps/{template.slug}"' in page
        assert html.escape(template.title) in page
        assert template.ran_with in page
    assert page.count(">not run<") == sum(not template.is_run for template in library.templates().values())


@pytest.mark.parametrize("slug", library.templates())
def test_a_page_has_our_address_and_examples_for_the_rest(slug: str) -> None:
    template = library.templates()[slug]
    answer = Browser().get(f"/docs/apps/{slug}")
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    assert "http://localhost:8000" in page
    assert "{client_id}" not in page
    assert "YOUR_CLIENT_ID" in page
    by = template.client.get("token_endpoint_auth_method")
    assert ("YOUR_CLIENT_SECRET" in page) is (by not in ("none", "private_key_jwt"))
    assert f"client create --template {slug}" in page
    assert (template.follows in page) if template.follows else ("run in tests" in page)


def test_it_costs_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        Browser().get("/docs/apps/grafana")


@pytest.mark.parametrize("path", ["nothing", "README", "apis", "..%2f..%2fREADME", "grafana/", "GRAFANA"])
def test_there_is_nothing_else(path: str) -> None:
    assert Browser().get(f"/docs/apps/{path}").status_code == 404


def test_it_is_for_reading() -> None:
    assert Browser().post("/docs/apps").status_code == 405
    assert Browser().post("/docs/apps/grafana").status_code == 405
