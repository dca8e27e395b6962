"""S-108 in the admin: whoever writes has proved within ten minutes who they are, and loses nothing by being asked."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import kept_forms
from accounts.models import AuditEvent, KeptForm, Session, User
from tests.factories import PASSWORD, add_app, make_admin, sign_in

from .test_roles import ACTIONS, MODELS, PAGES, SITE, patterns, things

pytestmark = pytest.mark.django_db
__all__ = ["things"]  # a fixture
GROUP = "/admin/auth/group/add/"


@pytest.fixture
def olga(cheap_passwords: None) -> User:
    return make_admin("olga", password=PASSWORD)


@pytest.fixture
def stale(browser: Client, olga: User) -> Session:
    """Her session of an hour ago, in use until now."""
    hour_ago = timezone.now() - timedelta(hours=1)
    return sign_in(browser, olga, auth_time=hour_ago)


def writes(things: dict[str, Model]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every page that a form can be sent to, and every action."""
    for name in MODELS:
        pk = things[name].pk
        for page, args in (("add", []), ("change", [quote(pk)]), ("delete", [quote(pk)])):
            yield reverse(f"admin:{name}_{page}", args=args), {"post": "yes"}
        for action in ACTIONS[name]:
            form = {"action": action, "_selected_action": [str(pk)], "post": "yes", "confirmed": "yes"}
            yield reverse(f"admin:{name}_changelist"), form
    client, secret = things["idp_client"].pk, things["secret"].pk
    args = {"idp_client_end_secret": [client, secret], "idp_client_gallery": [], "doctor": []}
    args |= {"idp_client_from_template": ["grafana"], "keys_signingkey_rotate": ["RS256"]}
    args |= {f"accounts_auditevent_{page}": [] for page in ("csv", "jsonl", "verify")}
    args["keys_signingkey_revoke"] = [things["keys_signingkey"].kid]  # type: ignore[attr-defined]
    args["accounts_user_impersonate"] = [things["accounts_user"].pk]
    for name in PAGES.keys() - SITE.keys():
        yield reverse(f"admin:{name}", args=args.get(name, [client])), {}


def test_s_108_no_write_of_the_admin_happens_without_a_fresh_sign_in(
    things: dict[str, Model], browser: Client, stale: Session, settings: Any
) -> None:
    settings.IMPERSONATION = True
    before = AuditEvent.objects.count()
    wrong = []
    for path, form in writes(things):
        answer = browser.post(path, form)
        to = answer.get("Location", "")
        if answer.status_code != 303 or not to.startswith("/login?next=%2Fadmin%2Fcontinue%2F"):
            wrong.append(f"{path}: {answer.status_code} {to}")
    assert wrong == []
    assert AuditEvent.objects.count() == before


def test_s_108_no_address_of_the_admin_takes_a_form_around_it(browser: Client, stale: Session) -> None:
    """Also those that a later version of Django adds; signing out alone takes no proof."""
    plain = [each for each in patterns() if each.name and not each.pattern.converters]
    assert len(plain) > 30
    passing = set()
    for each in plain:
        try:
            path = reverse(f"admin:{each.name}")
        except Exception:
            continue
        if browser.post(path).status_code != 303 or not browser.post(path)["Location"].startswith("/login"):
            passing.add(each.name)
        sign_in(browser, stale.user, auth_time=timezone.now() - timedelta(hours=1))
    assert passing == {"login", "logout"}


def test_s_108_looking_takes_no_fresh_sign_in(browser: Client, stale: Session) -> None:
    assert browser.get(GROUP).status_code == 200
    assert browser.get("/admin/accounts/user/").status_code == 200


def test_s_108_who_has_a_second_factor_shows_it_too(browser: Client, olga: User) -> None:
    add_app(olga)
    sign_in(browser, olga)
    assert "needs=mfa" in browser.post(GROUP, {"name": "chess"})["Location"]


def test_a_fresh_sign_in_writes_at_once(browser: Client, olga: User) -> None:
    sign_in(browser, olga)
    assert browser.post(GROUP, {"name": "chess"})["Location"] == "/admin/auth/group/"


class TestTheFormThatWaits:
    FORM = {"name": 'chess "&<club>', "permissions": ["1", "2"]}

    def prove(self, browser: Client) -> str:
        """From the form to the page after the password; where that is."""
        asking = browser.post(f"{GROUP}?_to_field=id", self.FORM)["Location"]
        to: str = browser.post(asking, {"password": PASSWORD})["Location"]
        assert to.startswith("/admin/continue/")
        return to

    def test_is_sent_by_one_press_after_the_proof(self, browser: Client, stale: Session) -> None:
        page = browser.get(self.prove(browser)).content.decode()
        action = re.search(r'<form method="post" action="([^"]+)">', page)
        assert action
        assert html.unescape(action[1]) == f"{GROUP}?_to_field=id"
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
        sent = [(name, html.unescape(value)) for name, value in found if name != "csrfmiddlewaretoken"]
        assert sent == [("name", self.FORM["name"]), ("permissions", "1"), ("permissions", "2")]
        browser.post(action[1], self.FORM)
        assert Group.objects.filter(name=self.FORM["name"]).exists()

    def test_s_108_is_not_shown_before_the_proof(self, browser: Client, stale: Session) -> None:
        browser.post(GROUP, self.FORM)
        answer = browser.get(f"/admin/continue/{KeptForm.objects.get().pk}/")
        assert answer["Location"].startswith("/login?next=%2Fadmin%2Fcontinue%2F")

    def test_is_for_the_session_that_sent_it(self, browser: Client, stale: Session) -> None:
        to, mallory = self.prove(browser), Client()
        sign_in(mallory, make_admin("mallory"))
        assert mallory.get(to)["Location"] == "/admin/"

    def test_s_140_is_sealed(self, browser: Client, stale: Session) -> None:
        browser.post(GROUP, {"name": "a very secret thing"})
        assert "secret" not in KeptForm.objects.get().sealed

    def test_is_gone_after_a_while(self, browser: Client, stale: Session) -> None:
        to = self.prove(browser)
        KeptForm.objects.update(expires_at=timezone.now())
        assert "is gone" in browser.get(to, follow=True).content.decode()
        call_command("purge")
        assert not KeptForm.objects.exists()

    def test_is_one_of_a_few(self, browser: Client, stale: Session) -> None:
        for _ in range(kept_forms.AT_MOST + 2):
            browser.post(GROUP, self.FORM)
        assert KeptForm.objects.count() == kept_forms.AT_MOST

    def test_says_that_a_file_has_to_be_chosen_again(self, browser: Client, stale: Session) -> None:
        form = {"people": "", "file": SimpleUploadedFile("people.csv", b"email\na@example.com")}
        asking = browser.post("/admin/accounts/invitation/add/", form)["Location"]
        to = browser.post(asking, {"password": PASSWORD})["Location"]
        assert "choose file again" in browser.get(to).content.decode()

    def test_comes_with_its_csrf_token_or_not_at_all(self, stale: Session, olga: User) -> None:
        """S-082: another site can't leave a form here for her to send."""
        strict = Client(enforce_csrf_checks=True)
        sign_in(strict, olga, auth_time=timezone.now() - timedelta(hours=1))
        assert strict.post(GROUP, self.FORM).status_code == 403
        assert not KeptForm.objects.exists()
