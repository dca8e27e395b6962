"""S-101 where no password is asked for: passkeys and mailed codes, by counts of the work and not by a clock."""

import re
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import emails
from accounts.factors import passkeys
from accounts.models import PendingLogin, User
from tests.authenticator import Authenticator
from tests.factories import add_app, make_user

from .test_passkey_sign_in import give_passkey, options

MAILED = "/login/second-factor?by=mail"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What takes time: each password hash and each signature that is checked."""
    done: list[str] = []

    def counted(target: str, name: str) -> None:
        module, _, attribute = target.rpartition(".")
        owner = __import__(module, fromlist=[attribute])
        original = getattr(owner, attribute)

        def run(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(target, run)

    counted("accounts.factors.ceremonies.verify_authentication_response", "signature")
    monkeypatch.setattr("accounts.hashers.Argon2id.verify", lambda *_: done.append("hash"))
    monkeypatch.setattr("accounts.hashers.Argon2id.encode", lambda *_: done.append("hash"))
    return done


def shown(answer: Any) -> tuple[int, str]:
    """Status and words, without what is new in every page."""
    page = answer.content.decode().partition("<main")[2]
    return answer.status_code, " ".join(re.sub(r"<[^>]*>", "", page).split())


class TestAPasskey:
    """Nothing of the page depends on a name, so there is only the answer to compare."""

    def refused(self, browser: Client, device: Authenticator, **change: Any) -> tuple[tuple[int, str], int]:
        answer = device.get(options(browser.get("/login")), **change)
        with CaptureQueriesContext(connection) as queries:
            response = browser.post("/login/passkey", {"credential": answer})
        return shown(response), len(queries)

    def test_s_101_unknown_disabled_and_wrong_look_and_cost_alike(
        self, alice: User, browser: Client, work: list[str]
    ) -> None:
        known = give_passkey(alice)
        bob = make_user("bob", is_active=False)
        disabled = give_passkey(bob, Authenticator(credential_id=b"bobs"))
        stranger = Authenticator(credential_id=b"nobodys", user_handle=alice.pk.bytes)
        wrong, wrong_cost = self.refused(browser, known, signature=b"no")
        unknown, unknown_cost = self.refused(browser, stranger)
        closed, closed_cost = self.refused(browser, disabled)
        assert wrong == unknown == closed
        assert "hash" not in work, "what takes tens of milliseconds is done for nobody"
        assert work.count("signature") == 2, (
            "a tenth of a millisecond, and only for ids that nobody can guess"
        )
        assert unknown_cost == wrong_cost
        assert closed_cost - wrong_cost <= 1, "the counter of one that was right"

    def test_s_101_the_options_are_for_nobody_in_particular(self, alice: User, browser: Client) -> None:
        before = options(browser.get("/login"))
        give_passkey(alice)
        after = options(browser.get("/login"))
        without = [re.sub(r'"challenge": ?"[^"]*"', "", each) for each in (before, after)]
        assert without[0] == without[1]
        assert passkeys.login_options().count("allowCredentials") == 1
        assert '"allowCredentials": []' in after


class TestAMailedCode:
    @pytest.fixture
    def half_in(self, alice: User, browser: Client, log_in: Callable, mails: Any) -> Any:
        add_app(alice)
        log_in("alice")
        return mails

    @pytest.mark.parametrize("state", ["none was sent", "another was sent", "it is too old"])
    def test_s_101_is_refused_alike_whatever_was_sent(
        self, half_in: Any, browser: Client, work: list[str], state: str
    ) -> None:
        if state != "none was sent":
            browser.post(MAILED, {"send": "1"})
        sent = "00000000"
        if state == "it is too old":
            found = re.search(r"^\d{8}$", half_in()[-1].body, re.MULTILINE)
            assert found
            sent = found[0]
            PendingLogin.objects.update(code_expires_at=timezone.now() - timedelta(seconds=1))
        status, words = shown(browser.post(MAILED, {"code": sent}))
        assert status == 200
        assert "not right, or it is too old" in words
        assert work == []

    def test_s_101_sending_one_does_not_wait_for_the_mail(
        self, half_in: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answered, sent = Event(), []
        monkeypatch.setattr("django.core.mail.EmailMessage.send", lambda _: sent.append(answered.wait(10)))
        assert browser.post(MAILED, {"send": "1"}).status_code == 303
        answered.set()
        emails.wait()
        assert sent == [True]

    def test_s_101_nobody_gets_to_it_without_the_password(self, alice: User, browser: Client) -> None:
        """So it can't tell who exists: without a proof all get the page of a sign-in that is gone."""
        add_app(alice)
        answers = [
            shown(browser.post(MAILED, {"send": "1", "username": name})) for name in ("alice", "nobody")
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 410


def test_s_101_telling_of_a_new_place_does_not_wait_for_the_mail(
    alice: User, log_in: Callable, browser: Client, mails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in("alice", REMOTE_ADDR="198.51.100.7")
    browser.post("/logout")
    answered, sent = Event(), []
    monkeypatch.setattr("django.core.mail.EmailMessage.send", lambda _: sent.append(answered.wait(10)))
    assert log_in("alice", REMOTE_ADDR="203.0.113.5").status_code == 303
    answered.set()
    emails.wait()
    assert sent == [True]
