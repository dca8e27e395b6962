"""People who make their own accounts: an address is proved first, and no answer tells who has one."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import login as logins
from accounts.models import AuditEvent, Session, Terms, User
from tests.factories import PASSWORD, make_user, sign_in

from .conftest import event_types

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_passwords")]
NEW = {"username_display": "Ada", "name": "Ada Lovelace", "new_password": PASSWORD}


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.SELF_REGISTRATION = True
    settings.SELF_REGISTRATION_DOMAINS = []


@pytest.fixture
def link(browser: Client, mails: Callable) -> Callable[..., str]:
    """Asks for an account; the link in the mail."""

    def ask(email: str = "ada@example.com", query: str = "") -> str:
        assert browser.post(f"/register{query}", {"email": email})["Location"] == "/register/sent"
        return re.search(r"http://localhost:8000(/register/\S+)", mails()[-1].body)[1]  # type: ignore[index]

    return ask


class TestTheSwitch:
    @pytest.mark.parametrize("path", ["/register", "/register?next=/account/"])
    def test_off_there_is_no_page(self, browser: Client, settings: Any, path: str) -> None:
        settings.SELF_REGISTRATION = False
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"email": "ada@example.com"}).status_code == 404
        assert "/register" not in browser.get("/login").content.decode()

    def test_off_a_link_that_was_sent_is_dead(self, browser: Client, link: Callable, settings: Any) -> None:
        path = link()
        browser.get(path)
        settings.SELF_REGISTRATION = False
        assert browser.get(path).status_code == 410
        assert browser.post("/register/new", NEW).status_code == 410

    def test_off_by_default(self) -> None:
        from idp.environment import Environment

        assert Environment({}).values["IDP_SELF_REGISTRATION"] is False

    def test_on_the_login_page_leads_there_and_on(self, browser: Client) -> None:
        page = browser.get("/login?next=/oauth2/authorize/abc").content.decode()
        assert 'href="/register?next=%2Foauth2%2Fauthorize%2Fabc"' in page

    def test_an_app_may_lead_there(self, settings: Any) -> None:
        assert logins.url("/x", create=True) == "/register?next=%2Fx"
        settings.SELF_REGISTRATION = False
        assert logins.url("/x", create=True) == "/login?next=%2Fx"

    def test_who_is_signed_in_goes_on(self, browser: Client) -> None:
        sign_in(browser, make_user())
        assert browser.get("/register")["Location"] == "/account/"


class TestASignUp:
    def test_ends_signed_in_where_one_was_going_with_the_address_proved(
        self, browser: Client, link: Callable
    ) -> None:
        path = link(query="?next=/oauth2/authorize/abc")
        assert not User.objects.exists()
        assert browser.get(path)["Location"] == "/register/new"
        assert "ada@example.com" in browser.get("/register/new").content.decode()
        response = browser.post("/register/new", NEW)
        assert (response.status_code, response["Location"]) == (303, "/oauth2/authorize/abc")
        ada = User.objects.get()
        assert (ada.username, ada.email, ada.email_verified_by) == ("ada", "ada@example.com", "registration")
        assert (ada.is_staff, ada.is_superuser) == (False, False)
        assert Session.objects.get().user == ada
        assert event_types() == ["registration.requested", "user.created", "login.succeeded"]

    def test_s_005_leads_to_no_other_site(self, browser: Client, link: Callable) -> None:
        browser.get(link(query="?next=//evil.example"))
        assert browser.post("/register/new", NEW)["Location"] == "/account/"

    def test_s_106_the_token_leaves_the_address_and_works_once(self, browser: Client, link: Callable) -> None:
        path = link()
        browser.get(path)
        browser.post("/register/new", NEW)
        mallory = Client()
        assert mallory.get(path).status_code == 410
        assert mallory.post("/register/new", NEW | {"username_display": "eve"}).status_code == 410
        assert User.objects.count() == 1

    def test_the_link_dies_after_a_day(self, browser: Client, link: Callable) -> None:
        path = link()
        with time_machine.travel(timezone.now() + timedelta(days=1, seconds=5)):
            assert browser.get(path).status_code == 410

    @pytest.mark.parametrize("token", ["x", "x:y:z", "a" * 900, "%00"])
    def test_a_forged_link_is_dead(self, browser: Client, token: str) -> None:
        assert browser.get(f"/register/{token}").status_code in (400, 410)
        browser.cookies["signet_register"] = token
        assert browser.post("/register/new", NEW).status_code == 410

    @pytest.mark.parametrize(
        "change",
        [
            {"username_display": ""},
            {"username_display": "taken"},
            {"username_display": "a b"},
            {"new_password": "short"},
            {"new_password": ""},
            {"name": "x\u202ey"},
        ],
    )
    def test_bad_particulars_make_nobody(
        self, browser: Client, link: Callable, change: dict[str, str]
    ) -> None:
        make_user("taken")
        browser.get(link())
        assert browser.post("/register/new", NEW | change).status_code == 200
        assert User.objects.count() == 1

    def test_nothing_but_the_form_decides_who_one_is(self, browser: Client, link: Callable) -> None:
        browser.get(link())
        browser.post(
            "/register/new", NEW | {"email": "boss@example.com", "is_staff": "on", "is_superuser": "on"}
        )
        ada = User.objects.get()
        assert (ada.email, ada.is_staff, ada.is_superuser) == ("ada@example.com", False, False)


class TestDomains:
    @pytest.mark.parametrize(
        ("email", "let_in"),
        [
            ("ada@example.com", True),
            ("ADA@EXAMPLE.COM", True),
            ("ada@sub.example.com", False),
            ("ada@example.com.evil.example", False),
            ("ada@evilexample.com", False),
            ('"ada@example.com"@evil.example', False),
        ],
    )
    def test_only_those_listed_are_let_in(
        self, browser: Client, settings: Any, mails: Callable, email: str, let_in: bool
    ) -> None:
        settings.SELF_REGISTRATION_DOMAINS = ["Example.com"]
        assert browser.post("/register", {"email": email}).status_code == (303 if let_in else 200)
        assert len(mails()) == int(let_in)


class TestS101:
    def test_the_answer_is_the_same_for_who_is_known(self, browser: Client, mails: Callable) -> None:
        make_user("ada")
        make_user("eve", is_active=False)
        answers = []
        for email in ("ada@example.com", "eve@example.com", "nobody@example.com"):
            response = browser.post("/register", {"email": email})
            answers.append((response.status_code, response["Location"], sorted(response.cookies)))
        assert answers == [(303, "/register/sent", [])] * 3
        assert [(mail.to[0], "already" in mail.subject) for mail in mails()] == [
            ("ada@example.com", True),
            ("eve@example.com", True),
            ("nobody@example.com", False),
        ]

    def test_and_takes_the_same_time(self, mails: Callable, settings: Any) -> None:
        """Ratio under 2, or a gap under 15 ms."""
        import ipaddress

        settings.THROTTLE_EXEMPT = [ipaddress.ip_network("127.0.0.0/8")]
        make_user("ada")
        times: dict[str, list[float]] = {"ada": [], "nobody": []}
        browser = Client()
        for _ in range(15):
            for name, taken in times.items():
                began = time.perf_counter()
                browser.post("/register", {"email": f"{name}@example.com"})
                taken.append(time.perf_counter() - began)
        known, unknown = median(times["ada"]), median(times["nobody"])
        assert max(known, unknown) < 2 * min(known, unknown) or abs(known - unknown) < 0.015

    def test_s_102_is_throttled_for_each_address(self, browser: Client, mails: Callable) -> None:
        for _ in range(3):
            assert browser.post("/register", {"email": "ada@example.com"}).status_code == 303
        response = browser.post("/register", {"email": "ADA@example.com"})
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
        assert len(mails()) == 3


class TestTerms:
    @pytest.fixture
    def terms(self) -> Terms:
        return Terms.objects.create(version="2026-11", text="Be kind.", published_at=timezone.now())

    def test_are_accepted_with_the_account(self, browser: Client, link: Callable, terms: Terms) -> None:
        browser.get(link())
        assert browser.post("/register/new", NEW).status_code == 200
        assert not User.objects.exists()
        assert browser.post("/register/new", NEW | {"accept": "on"}).status_code == 303
        ada = User.objects.get()
        assert ada.terms_version == "2026-11"
        assert ada.terms_accepted_at is not None
        assert AuditEvent.objects.filter(type="terms.accepted", detail__version="2026-11").exists()

    def test_can_be_read_by_everybody(self, browser: Client) -> None:
        assert browser.get("/terms").status_code == 404
        Terms.objects.create(version="1", text="<script>Be kind.</script>", published_at=timezone.now())
        page = browser.get("/terms").content.decode()
        assert "&lt;script&gt;Be kind." in page

    def test_cannot_be_changed_once_somebody_accepted_them(self, browser: Client, terms: Terms) -> None:
        from tests.factories import make_admin

        sign_in(browser, make_admin("olga"))
        path = f"/admin/accounts/terms/{terms.pk}/change/"
        assert 'name="text"' in browser.get(path).content.decode()
        User.objects.update(terms_version="2026-11")
        assert 'name="text"' not in browser.get(path).content.decode()
        assert browser.post(f"/admin/accounts/terms/{terms.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_are_published_by_the_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        import json

        from django.core.management import CommandError, call_command

        call_command("terms", "publish", "2026-11", "--url", "https://example.com/terms", "--json")
        assert json.loads(capsys.readouterr().out)[0]["version"] == "2026-11"
        for arguments in (["publish", "2026-11", "--url", "https://x.example"], ["publish", "2"]):
            with pytest.raises(CommandError):
                call_command("terms", *arguments)
