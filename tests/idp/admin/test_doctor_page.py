"""The doctor's page in the admin says what the command says, with a link to where it is mended."""

import pytest
from django.test import Client as Browser

from tests.factories import make_admin, sign_in
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signing_keys: None) -> Browser:
    browser = Browser()
    sign_in(browser, make_admin())
    return browser


def test_each_finding_leads_to_its_mend(browser: Browser) -> None:
    client = make_client(name="<Wiki>", require_pkce=False)
    page = browser.get("/admin/doctor/").text
    assert "0 errors, 2 warnings." in page
    assert (
        f'<a href="/admin/idp/client/{client.pk}/change/">app &lt;Wiki&gt; ({client.client_id})</a>' in page
    )
    assert "without PKCE" in page
    assert "not looked at yet" in page


def test_the_index_leads_there(browser: Browser) -> None:
    assert '<a href="/admin/doctor/"' in browser.get("/admin/").text
    assert '<a href="/admin/doctor/"' not in browser.get("/admin/idp/").text.partition('id="content"')[2]


def test_outside_is_fetched_when_asked(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from idp.diagnosis import outside

    def away(base: str, path: str, headers: object = None) -> object:
        raise outside.Unreachable("nobody is there")

    monkeypatch.setattr(outside, "look", away)
    assert "nobody is there" in browser.get("/admin/doctor/?outside").text
    assert browser.post("/admin/doctor/").status_code == 405
