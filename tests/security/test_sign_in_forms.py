"""S-015, S-103: whatever is sent to the forms of a sign-in, no answer is a 5xx and nobody gets in by it."""

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Session, Totp, User
from tests.factories import PASSWORD, add_app, make_user, sign_in
from tests.security.test_no_input_is_a_500 import VALUES, check, encoded, fuzz

NAMES = st.sampled_from(
    [
        "code",
        "credential",
        "draft",
        "name",
        "trust",
        "send",
        "stop",
        "later",
        "login",
        "do",
        "app",
        "remove",
        "account",
        "number",
        "sid",
    ]
)
FORM = st.lists(st.tuples(NAMES, VALUES), max_size=8)
QUERY = st.lists(
    st.tuples(st.sampled_from(["next", "by", "again", "needs", "switch", "who"]), VALUES), max_size=4
)
STEPS = (
    "/login",
    "/login/passkey",
    "/login/second-factor",
    "/login/enrol",
    "/login/recover",
    "/login/not-me",
    "/login/other-device",
    "/login/other-device/state",
    "/login/other-device/finish",
    "/login/approve/0",
    "/select-account",
    "/select-account/leave",
)
PAGES = ("", "/passkeys/new", "/app/new", "/codes", "/passkeys/1")


@pytest.fixture
def alice(db: None, cheap_passwords: None) -> User:
    alice = make_user("alice", password=PASSWORD)
    add_app(alice)
    return alice


@fuzz
@given(path=st.sampled_from(STEPS), query=QUERY, form=FORM)
def test_s_103_half_way_in(
    alice: User, path: str, query: list[tuple[str, str]], form: list[tuple[str, str]]
) -> None:
    browser = Browser()
    browser.post("/login", {"username": "alice", "password": PASSWORD})
    address = f"{path}?{encoded(query)}"
    check(browser.get(address))
    check(browser.post(address, dict(form)))
    assert not Session.objects.exists()


@fuzz
@given(page=st.sampled_from(PAGES), query=QUERY, form=FORM)
def test_s_015_the_security_pages(
    alice: User, page: str, query: list[tuple[str, str]], form: list[tuple[str, str]]
) -> None:
    browser = Browser()
    sign_in(browser, alice, amr=["pwd", "otp", "mfa"])
    address = f"/account/security{page}?{encoded(query)}"
    assert browser.get(address).status_code < 500
    assert browser.post(address, dict(form)).status_code < 500
    assert Totp.objects.exists() or ("do", "remove-app") in form
