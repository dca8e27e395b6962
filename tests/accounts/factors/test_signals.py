"""What pages tell the browser's keeper of passkeys, and what a passkey is called by itself."""

import html
import json
import re
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts import authenticators
from accounts.models import Passkey, User
from tests.accounts.test_passkey_sign_in import give_passkey, options, use
from tests.authenticator import Authenticator, text
from tests.factories import sign_in

SECURITY, PROFILE, NEW = "/account/security", "/account/profile", "/account/security/passkeys/new"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signals(answer: Any) -> dict[str, dict[str, Any]]:
    page = answer.content.decode()
    found = re.findall(r'data-signal="(\w+)" data-options="([^"]*)"', page)
    assert bool(found) is ("accounts/signals.js" in page)
    return {name: json.loads(html.unescape(sent)) for name, sent in found}


class TestAPersonsOwnPages:
    @pytest.mark.parametrize("path", [SECURITY, PROFILE])
    def test_say_which_passkeys_still_work_and_how_one_is_called(
        self, alice: User, browser: Client, path: str
    ) -> None:
        give_passkey(alice)
        sign_in(browser, alice)
        who = {"rpId": "localhost", "userId": text(alice.pk.bytes)}
        assert signals(browser.get(path)) == {
            "signalAllAcceptedCredentials": {**who, "allAcceptedCredentialIds": [text(b"credential-0001")]},
            "signalCurrentUserDetails": {**who, "name": "Alice", "displayName": "Alice Liddell"},
        }

    def test_say_after_the_last_was_removed_that_there_is_none(self, alice: User, browser: Client) -> None:
        give_passkey(alice)
        sign_in(browser, alice, amr=["pwd", "mfa"])
        path = f"{SECURITY}/passkeys/{Passkey.objects.get().pk}"
        page = browser.post(path, {"remove": "1"}, follow=True)
        assert signals(page)["signalAllAcceptedCredentials"]["allAcceptedCredentialIds"] == []

    def test_say_nothing_to_an_admin_who_looks(self, alice: User, browser: Client) -> None:
        give_passkey(alice)
        sign_in(browser, alice, impersonated_by=str(uuid.uuid4()))
        assert signals(browser.get(SECURITY)) == {}

    def test_say_nothing_where_there_can_be_no_passkeys(
        self, alice: User, browser: Client, settings: Any
    ) -> None:
        settings.ISSUER = "http://192.0.2.1"
        sign_in(browser, alice)
        assert signals(browser.get(SECURITY)) == {}


class TestTheLoginPage:
    def test_says_of_a_passkey_that_nobody_has_that_it_is_unknown(self, alice: User, browser: Client) -> None:
        device = give_passkey(alice)
        Passkey.objects.all().delete()
        page = use(browser, device)
        assert signals(page) == {
            "signalUnknownCredential": {"rpId": "localhost", "credentialId": text(b"credential-0001")}
        }

    @pytest.mark.parametrize("change", ["inactive", "wrong signature"])
    def test_s_101_says_nothing_of_one_that_somebody_has(
        self, alice: User, browser: Client, change: str
    ) -> None:
        device = give_passkey(alice)
        if change == "inactive":
            User.objects.update(is_active=False)
        more = {"signature": b"no"} if change == "wrong signature" else {}
        answer = device.get(options(browser.get("/login")), **more)
        page = browser.post("/login/passkey", {"credential": answer})
        assert "did not work here" in page.content.decode()
        assert signals(page) == {}

    def test_s_080_echoes_no_id_that_is_none(self, browser: Client, db: None) -> None:
        device = Authenticator(user_handle=b"x" * 16)
        sent = json.loads(device.get(options(browser.get("/login"))))
        sent["id"] = '"><script>x'
        page = browser.post("/login/passkey", {"credential": json.dumps(sent)})
        assert "<script>x" not in page.content.decode()
        assert signals(page) == {}

    def test_s_105_a_challenge_of_others_learns_nothing(self, browser: Client, db: None) -> None:
        """Whoever asks about an id has to have an answer to a challenge of ours."""
        device = Authenticator(user_handle=b"x" * 16)
        answer = device.get(json.dumps({"challenge": text(b"made up")}))
        assert signals(browser.post("/login/passkey", {"credential": answer})) == {}


class TestTheNameOfAPasskey:
    ONE_PASSWORD = "bada5566-a7aa-401f-bd96-45619a55120d"

    def add(self, browser: Client, aaguid: str = str(uuid.UUID(int=0)), **form: str) -> Passkey:
        device = Authenticator(aaguid=uuid.UUID(aaguid).bytes)
        answer = device.create(options(browser.get(NEW)))
        browser.post(NEW, {"credential": answer, **form}, HTTP_USER_AGENT=FIREFOX)
        return Passkey.objects.get()

    @pytest.fixture(autouse=True)
    def _signed_in(self, alice: User, browser: Client) -> None:
        sign_in(browser, alice)

    def test_is_that_of_what_keeps_it(self, browser: Client) -> None:
        assert self.add(browser, self.ONE_PASSWORD).name == "1Password"

    def test_is_that_of_the_browser_where_nobody_knows(self, browser: Client) -> None:
        assert self.add(browser, name=" ").name == "Firefox on Linux"

    def test_is_what_the_person_chose(self, browser: Client) -> None:
        assert self.add(browser, self.ONE_PASSWORD, name="Work").name == "Work"
        assert "Kept by 1Password" in browser.get(SECURITY).content.decode()

    def test_table_has_uuids_in_lower_case(self) -> None:
        assert all(str(uuid.UUID(each)) == each for each in authenticators.NAMES)
        assert authenticators.name("no such thing") == ""
