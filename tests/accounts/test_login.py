import time
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import destinations, places, sessions
from accounts.destinations import Destination
from accounts.models import AuditEvent, Session, User
from tests.factories import PASSWORD, make_user, sign_in

from .conftest import event_types
from .test_paths import TRICKS

APP = Destination(
    name="Grafana <b>",
    host="grafana.example.com",
    form_action=["https://grafana.example.com"],
    login_hint="alice",
)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "_resolvers", [lambda path: APP if path == "/to/app" else None])


@pytest.mark.parametrize("name", ["alice", "Alice@Example.com"])
def test_name_or_address_and_password_let_in(alice: User, log_in: Any, name: str) -> None:
    response = log_in(name)
    assert (response.status_code, response["Location"]) == (303, settings.LOGIN_REDIRECT_URL)
    session = Session.objects.get()
    assert (session.user, session.amr) == (alice, ["pwd"])
    assert User.objects.get().last_login == session.auth_time
    assert event_types() == ["login.succeeded"]


def test_the_form_suits_password_managers(alice: User, browser: Client) -> None:
    page = browser.get("/login").content.decode()
    assert 'autocomplete="username webauthn"' in page
    assert 'autocomplete="current-password"' in page
    assert "maxlength" not in page.partition('name="password"')[2].partition(">")[0]


def refusal(response: Any) -> tuple[int, list[Any], str]:
    """All that somebody outside can see but the name that they typed themselves and the CSRF token."""
    page = response.content.decode()
    return (
        response.status_code,
        getattr(response, "redirect_chain", []),
        page.partition("<main")[2].partition("<form")[0],
    )


def test_s_101_unknown_wrong_inactive_and_passwordless_look_alike(alice: User, log_in: Any) -> None:
    make_user("bob", password=PASSWORD, is_active=False)
    make_user("carol")
    make_user("dave", password=PASSWORD, is_active=False, must_change_password=True)
    answers = [
        refusal(log_in(name, password, follow=True))
        for name, password in [
            ("alice", "wrong password"),
            ("nobody", PASSWORD),
            ("bob", PASSWORD),
            ("carol", "anything at all"),
            ("dave", PASSWORD),
            ("alice", "x" * 5000),
        ]
    ]
    assert answers == answers[:1] * 6
    assert "go together" in answers[0][2]
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "data", [{}, {"username": "alice"}, {"password": "x"}, {"username": "", "password": ""}]
)
def test_an_incomplete_form_says_what_is_missing(alice: User, browser: Client, data: dict[str, str]) -> None:
    response = browser.post("/login", data)
    assert response.status_code == 200
    assert 'aria-invalid="true"' in response.content.decode()
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize(
    "name", ["a\x01b", "\ud800".encode("utf-8", "surrogatepass"), "\u202e", "a" * 400, "%s%n", "'; --"]
)
def test_s_015_odd_names_are_refused_politely(alice: User, browser: Client, name: Any) -> None:
    assert browser.post("/login", {"username": name, "password": "x"}).status_code == 200


def test_s_080_what_was_typed_is_escaped(alice: User, log_in: Any) -> None:
    page = log_in('"><script>alert(1)</script>', "x").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_s_104_what_was_typed_is_not_in_the_audit_log(alice: User, log_in: Any) -> None:
    log_in("my-secret-typed-as-a-name", "my-secret")
    log_in("alice", "my-secret")
    for event in AuditEvent.objects.all():
        assert "my-secret" not in str(vars(event))
    assert [event.detail["reason"] for event in AuditEvent.objects.order_by("id")] == [
        "unknown person",
        "wrong password",
    ]


@pytest.mark.parametrize("trick", [trick for trick in TRICKS if len(trick) < 8000 and "\0" not in trick])
def test_s_005_a_login_never_leads_elsewhere(alice: User, browser: Client, trick: str) -> None:
    sign_in(browser, alice)
    response = browser.get("/login", {"next": trick})
    assert response["Location"] == settings.LOGIN_REDIRECT_URL


def test_the_page_says_which_app_one_is_going_to(alice: User, browser: Client, app: None) -> None:
    response = browser.get("/login?next=/to/app")
    page = response.content.decode()
    assert "Grafana &lt;b&gt;" in page
    assert "grafana.example.com" in page
    assert 'value="alice"' in page
    assert "form-action 'self' https://grafana.example.com" in response["Content-Security-Policy"]


def test_a_login_leads_on(alice: User, log_in: Any, app: None) -> None:
    assert log_in("alice", path="/login?next=/to/app")["Location"] == "/to/app"


def test_who_is_signed_in_goes_straight_on(alice: User, browser: Client) -> None:
    sign_in(browser, alice)
    response = browser.get("/login?next=/account/sessions")
    assert (response.status_code, response["Location"]) == (303, "/account/sessions")


class TestConfirming:
    PATH = "/login?again=1&next=/account/sessions"

    def test_asks_the_person_by_name_and_offers_a_way_out(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)
        page = browser.get(self.PATH).content.decode()
        assert "Confirm it is you" in page
        assert "Not Alice Liddell?" in page
        assert "switch=1" in page

    def test_takes_the_password_of_that_person_only(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)
        make_user("bob", password="bobs own long password")
        response = browser.post(self.PATH, {"username": "bob", "password": "bobs own long password"})
        assert response.status_code == 200
        response = browser.post(self.PATH, {"username": "bob", "password": PASSWORD})
        assert (response.status_code, response["Location"]) == (303, "/account/sessions")
        assert Session.objects.get(ended_at=None).user == alice
        assert event_types() == ["login.failed", "login.reauthenticated"]

    def test_is_a_plain_login_when_nobody_is_signed_in(self, alice: User, browser: Client) -> None:
        assert 'name="username"' in browser.get(self.PATH).content.decode()

    def test_s_103_an_empty_post_confirms_nothing(self, alice: User, browser: Client) -> None:
        before = sign_in(browser, alice)
        browser.post(self.PATH, {})
        assert Session.objects.get().auth_time == before.auth_time


class TestANewPasswordIsRequired:
    @pytest.fixture(autouse=True)
    def _required(self, alice: User) -> None:
        User.objects.update(must_change_password=True)

    def test_s_103_there_is_no_session_before_it_is_chosen(self, browser: Client, log_in: Any) -> None:
        response = log_in("alice", path="/login?next=/account/sessions")
        assert response["Location"] == "/password/new?next=%2Faccount%2Fsessions"
        assert not Session.objects.exists()
        for path in ("/account/", "/account/sessions", "/login?again=1"):
            assert browser.get(path).status_code == 302 or "Sign in" in browser.get(path).content.decode()

    def test_then_the_login_goes_on(self, browser: Client, log_in: Any) -> None:
        page = log_in("alice", path="/login?next=/account/sessions", follow=True)
        assert "asks you for a new password" in page.content.decode()
        response = browser.post(
            "/password/new?next=/account/sessions", {"new_password": "another good long one"}
        )
        assert (response.status_code, response["Location"]) == (303, "/account/sessions")
        assert browser.get("/account/").status_code == 200
        assert not User.objects.get().must_change_password
        assert event_types() == ["password.changed", "login.succeeded"]

    def test_s_103_not_by_whoever_did_not_sign_in(self, browser: Client) -> None:
        assert browser.post("/password/new", {"new_password": "another good long one"}).status_code == 410

    def test_s_103_a_weak_one_does_not_do(self, browser: Client, log_in: Any) -> None:
        log_in("alice")
        assert browser.post("/password/new", {"new_password": "short"}).status_code == 200
        assert not Session.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["/login", "/logout", "/password/reset", "/account/password", "/account/profile", "/account/sessions"],
)
def test_s_082_forms_need_the_csrf_token(alice: User, path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, alice)
    assert browser.post(path, {"username": "alice", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/login", "/password/reset", "/signed-out", "/account/", "/account/password"]
)
def test_s_064_pages_are_kept_by_nobody(alice: User, browser: Client, path: str) -> None:
    if path.startswith("/account"):
        sign_in(browser, alice)
    assert "no-store" in browser.get(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/account/", "/account/profile", "/account/password", "/account/sessions"])
def test_pages_of_ones_own_lead_to_the_login_and_back(db: None, browser: Client, path: str) -> None:
    response = browser.get(path)
    assert (response.status_code, response["Location"].replace("%2F", "/")) == (302, f"/login?next={path}")


def test_a_login_costs_so_many_statements(alice: User, log_in: Any, django_assert_num_queries: Any) -> None:
    """Person, shared counters, own counter, its end, factors, policies, terms, last sign-in with session, event.

    Then the place, which she knows. PostgreSQL takes last sign-in and session in one journey.
    """
    places.visit(alice, "127.0.0.1", now=timezone.now())
    with django_assert_num_queries(10 if connection.vendor == "postgresql" else 11):
        log_in("alice")


@pytest.mark.parametrize("change", [{"password": "!"}, {"is_active": False}, {"must_change_password": True}])
def test_s_111_a_login_that_was_overtaken_by_a_change_is_none(
    alice: User, log_in: Any, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    """The password was right a moment ago; the session would otherwise outlive what ended all others."""
    start = sessions.start

    def overtaken(*args: Any, **kwargs: Any) -> Session:
        User.objects.update(**change)
        return start(*args, **kwargs)

    monkeypatch.setattr(sessions, "start", overtaken)
    response = log_in("alice")
    assert (response.status_code, settings.SESSION_COOKIE_NAME in response.cookies) == (403, False)
    assert not Session.objects.exists()
    assert User.objects.get().last_login is None


def test_s_101_a_refusal_takes_as_long_for_an_unknown_person(db: None, browser: Client) -> None:
    make_user("alice", password=PASSWORD)
    make_user("bob", password=PASSWORD, is_active=False)

    def cost(name: str) -> float:
        times = []
        for number in range(5):
            start = time.thread_time()
            browser.post(
                "/login", {"username": name, "password": PASSWORD + "?"}, REMOTE_ADDR=f"10.0.{number}.1"
            )
            times.append(time.thread_time() - start)
        return sorted(times)[2]

    known = cost("alice")
    for other in ("nobody", "bob", "nobody@example.com"):
        unknown = cost(other)
        assert max(known, unknown) < 2 * min(known, unknown) or abs(known - unknown) < 0.015
