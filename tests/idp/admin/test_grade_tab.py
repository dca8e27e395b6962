"""The tab "grade" of an app's page."""

import pytest
from django.test import Client as Browser

from tests.factories import make_admin, sign_in
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db


def test_each_rule_that_is_not_met_leads_to_its_field() -> None:
    browser, client = Browser(), make_client(name="<Wiki>", require_pkce=False)
    sign_in(browser, make_admin())
    page = browser.get(f"/admin/idp/client/{client.pk}/grade/").text
    assert f'href="/admin/idp/client/{client.pk}/change/#id_require_pkce"' in page
    assert "§ 4.1.1, 7.5.1, must" in page
    assert '<span class="mark-C">C</span> OAuth 2.1' in page
    assert "<Wiki>" not in page
    assert browser.post(f"/admin/idp/client/{client.pk}/grade/").status_code == 405


def test_the_field_it_leads_to_is_on_the_page() -> None:
    from idp.clients import grading

    browser, client = Browser(), make_client()
    sign_in(browser, make_admin())
    form = browser.get(f"/admin/idp/client/{client.pk}/change/").text
    assert [rule.field for rule in grading.RULES if f'id="id_{rule.field}' not in form] == []
