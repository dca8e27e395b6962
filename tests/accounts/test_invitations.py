"""Inviting people: one or many, all of a list or nobody; sent again, withdrawn, accepted."""

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts import invitation_sheet, invitations
from accounts.models import GroupPolicy, Invitation, OneTimeLink, Session, Terms, User
from idp.models import Client as App
from tests.factories import PASSWORD, add_app, make_user

from .conftest import event_types

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_passwords")]
ADD = "/admin/accounts/invitation/add/"
LIST = "/admin/accounts/invitation/"


def read(text: str) -> invitation_sheet.Sheet:
    return invitation_sheet.read(text, groups=Group.objects.all())


def link_in(mail: Any) -> str:
    return re.search(r"http://\S+/welcome/\S+", mail.body)[0]  # type: ignore[index]


class TestAList:
    def test_of_addresses_names_people_by_what_stands_before_the_at(self) -> None:
        sheet = read("ada@example.com\n\nAlan Turing <alan@example.com>\n")
        assert [
            (line.number, line.user.username, line.user.email, line.user.name) for line in sheet.lines
        ] == [
            (1, "ada", "ada@example.com", ""),
            (3, "alan", "alan@example.com", "Alan Turing"),
        ]

    @pytest.mark.parametrize("delimiter", [",", ";"])
    def test_of_csv_has_columns_in_any_order_and_groups(self, delimiter: str) -> None:
        Group.objects.create(name="chess")
        Group.objects.create(name="staff")
        text = "Username,EMAIL,groups,name\r\nAda,ada@example.com,chess|staff,Ada Lovelace\r\n"
        sheet = read("\ufeff" + text.replace(",", delimiter))
        assert sheet.problems == []
        [line] = sheet.lines
        assert (line.user.username_display, line.user.name) == ("Ada", "Ada Lovelace")
        assert {group.name for group in line.groups} == {"chess", "staff"}

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "There is nobody in this list."),
            ("not an address", "line 1: email"),
            ("a@example.com\nA@EXAMPLE.com", "line 2: The user name a stands in line 1 already."),
            ("taken@example.com", "line 1: Somebody with this e-mail address exists already."),
            ("taken@example.org", "line 1: email: The user name taken would be made of it. Somebody has this user"),
            ("email,colour\na@example.com,red", "There is no column colour."),
            ("email,username\n,ada", "line 2: An e-mail address is missing."),
            ("email,groups\na@example.com,nobility", "line 2: There is no group nobility that you may give."),
            ("email\na@example.com,b,c", "line 2: There are more cells than columns."),
            ("email,username\na@example.com,a b", "line 2: user name: Use letters"),
            ("email,username\na@example.com,admin\u202eroot", "line 2: user name: Use letters"),
            ("email,username\ntaken@example.com,new", "line 2: Somebody with this e-mail address exists already."),
            ("email,username\nnew@example.com,TAKEN", "line 2: user name: Somebody has this user name already."),
            ("email,locale\na@example.com,in english", "line 2: locale: Use a language tag"),
            ("a@example.com\0", "This is not a text."),
            ("\n".join(f"p{n}@example.com" for n in range(1001)), "At most 1000 people at once."),
        ],
    )  # fmt: skip
    def test_tells_of_a_bad_line(self, text: str, problem: str) -> None:
        make_user("taken")
        [found] = read(text).problems
        assert str(found).startswith(problem)

    def test_tells_of_every_bad_line(self) -> None:
        sheet = read("email\na@example.com\nb b\nc,\n")
        assert [problem.number for problem in sheet.problems] == [3, 4]


@pytest.mark.usefixtures("olga")
class TestThePage:
    def test_shows_what_would_happen_and_does_nothing(self, browser: Client, mails: Callable) -> None:
        page = browser.post(ADD, {"people": "ada@example.com"}).content.decode()
        assert "Nothing has been done yet" in page
        assert 'value="Invite 1"' in page
        assert not Invitation.objects.exists()
        assert mails() == []

    def test_invites_all_of_them_in_the_groups(self, browser: Client, mails: Callable) -> None:
        chess = Group.objects.create(name="chess")
        data = {"people": "ada@example.com\nalan@example.com", "groups": [chess.pk], "invite": "1"}
        assert browser.post(ADD, data)["Location"] == LIST
        assert {mail.to[0] for mail in mails()} == {"ada@example.com", "alan@example.com"}
        assert chess.user_set.count() == 2
        assert not any(user.has_usable_password() for user in chess.user_set.all())

    def test_a_file_comes_back_as_text_to_be_mended(self, browser: Client) -> None:
        file = SimpleUploadedFile("people.csv", b"email\nada@example.com\nnonsense\n")
        page = browser.post(ADD, {"file": file}).content.decode()
        assert "Nobody is invited yet: 1 line" in page
        assert "ada@example.com\nnonsense" in page

    @pytest.mark.parametrize("content", [b"\xff\xfe", b"a@example.com\n" * 20_000])
    def test_a_file_that_is_no_text_or_too_large_is_refused(self, browser: Client, content: bytes) -> None:
        response = browser.post(ADD, {"file": SimpleUploadedFile("people.csv", content), "invite": "1"})
        assert response.status_code in (200, 413)
        assert not Invitation.objects.exists()

    def test_nothing_is_half_done(self, browser: Client, mails: Callable) -> None:
        data = {"people": "ada@example.com\nnonsense", "invite": "1"}
        assert "can't be taken" in browser.post(ADD, data).content.decode()
        assert not User.objects.filter(username="ada").exists()
        assert mails() == []

    def test_sends_again_with_a_new_link(self, browser: Client, olga: User, mails: Callable) -> None:
        ada = make_user("ada", email="ada@example.com")
        first = invitations.send(ada, actor=olga, now=timezone.now())
        browser.post(LIST, {"action": "send_again", "_selected_action": [ada.invitation.pk]})
        assert browser.get(first).status_code == 410
        assert browser.get(link_in(mails()[-1])).status_code == 303

    def test_withdraws_and_removes_who_never_came(self, browser: Client, olga: User) -> None:
        ada = make_user("ada", email="ada@example.com")
        url = invitations.send(ada, actor=olga, now=timezone.now())
        browser.post(LIST, {"action": "withdraw", "_selected_action": [ada.invitation.pk]})
        assert not User.objects.filter(username="ada").exists()
        assert browser.get(url).status_code == 410
        assert "invitation.withdrawn" in event_types()

    def test_withdrawing_keeps_who_was_here_before(self, browser: Client, olga: User) -> None:
        ada = make_user("ada", password=PASSWORD)
        invitations.send(ada, actor=olga, now=timezone.now())
        browser.post(LIST, {"action": "withdraw", "_selected_action": [ada.invitation.pk]})
        assert User.objects.filter(username="ada").exists()
        assert not OneTimeLink.objects.exists()

    @pytest.mark.parametrize("query", ["", "?state=open", "?state=expired", "?state=accepted", "?q=ada"])
    def test_lists_them(self, browser: Client, olga: User, query: str) -> None:
        invitations.send(make_user("ada"), actor=olga, now=timezone.now())
        assert browser.get(LIST + query).status_code == 200


class TestComing:
    @pytest.fixture
    def ada(self) -> User:
        return make_user("ada", email="ada@example.com", email_verified_at=None, email_verified_by="")

    def test_by_mail_signs_in_and_proves_the_address(
        self, browser: Client, ada: User, mails: Callable
    ) -> None:
        browser.get(invitations.send(ada, actor="test", now=timezone.now()))
        response = browser.post("/password/new", {"new_password": PASSWORD})
        assert (response.status_code, response["Location"]) == (303, "/account/")
        assert Session.objects.get().user == ada
        ada.refresh_from_db()
        assert (ada.email_verified, ada.email_verified_by) == (True, "invitation")
        assert ada.invitation.state(timezone.now()) == "accepted"
        assert "invitation.accepted" in event_types()

    @pytest.mark.parametrize("has_second_factor", [True, False])
    def test_s_106_is_no_second_factor_of_who_has_one(
        self, browser: Client, ada: User, mails: Callable, has_second_factor: bool
    ) -> None:
        if has_second_factor:
            add_app(ada)
        browser.get(invitations.send(ada, actor="test", now=timezone.now()))
        browser.post("/password/new", {"new_password": PASSWORD})
        ada.refresh_from_db()
        assert ada.password_by_mail is has_second_factor
        assert Session.objects.exists() is not has_second_factor

    def test_lands_at_the_app_that_the_form_may_lead_to(
        self, browser: Client, ada: User, mails: Callable
    ) -> None:
        app = App.objects.create(
            name="Notes",
            redirect_uris=["https://notes.example/cb"],
            initiate_login_uri="https://go.example/start",
        )
        browser.get(invitations.send(ada, actor="test", now=timezone.now(), app=app.client_id))
        policy = browser.get("/password/new")["Content-Security-Policy"]
        assert "form-action 'self' https://go.example https://notes.example;" in policy
        response = browser.post("/password/new", {"new_password": PASSWORD})
        assert response["Location"].startswith("https://go.example/start?iss=")

    @pytest.mark.parametrize(
        "change", [{"enabled": False}, {"initiate_login_uri": ""}, {"self_registered": True}]
    )
    def test_lands_at_the_account_when_the_app_is_gone(
        self, browser: Client, ada: User, mails: Callable, change: dict[str, Any]
    ) -> None:
        app = App.objects.create(name="Notes", initiate_login_uri="https://go.example/start")
        url = invitations.send(ada, actor="test", now=timezone.now(), app=app.client_id)
        App.objects.update(**change)
        browser.get(url)
        assert browser.post("/password/new", {"new_password": PASSWORD})["Location"] == "/account/"

    def test_works_for_seven_days_and_once(self, browser: Client, ada: User, mails: Callable) -> None:
        now = timezone.now()
        url = invitations.send(ada, actor="test", now=now - timedelta(days=6, hours=23))
        assert browser.get(url).status_code == 303
        url = invitations.send(ada, actor="test", now=now - timedelta(days=7, minutes=1))
        assert browser.get(url).status_code == 410

    def test_s_106_a_second_use_is_refused(self, browser: Client, ada: User, mails: Callable) -> None:
        url = invitations.send(ada, actor="test", now=timezone.now())
        browser.get(url)
        browser.post("/password/new", {"new_password": PASSWORD})
        mallory = Client()
        assert mallory.get(url).status_code == 410
        assert mallory.post("/password/new", {"new_password": PASSWORD}).status_code == 410


class TestTheCommand:
    @pytest.fixture
    def user(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
        def run(*arguments: str, stdin: str = "") -> Any:
            monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
            call_command("user", *arguments, "--json")
            return json.loads(capsys.readouterr().out)

        return run

    def test_invites_from_a_file(self, user: Callable, mails: Callable) -> None:
        Group.objects.create(name="chess")
        answer = user("invite", "--csv", "-", "--group", "chess", stdin="email\nada@example.com\n")
        assert answer == {
            "dry_run": False,
            "people": [{"line": 2, "username": "ada", "email": "ada@example.com", "groups": ["chess"]}],
        }
        assert len(mails()) == 1
        assert [each["state"] for each in user("invitations")] == ["open"]

    def test_where_mail_is_only_printed_it_says_so(
        self, capsys: pytest.CaptureFixture[str], settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        call_command("user", "invite", "ada@example.com")
        assert "Mail is printed to the terminal here" in capsys.readouterr().out
        call_command("user", "invite", "alan@example.com", "--dry-run")
        assert "printed to the terminal" not in capsys.readouterr().out

    def test_a_dry_run_does_nothing(self, user: Callable, mails: Callable) -> None:
        assert user("invite", "ada@example.com", "--dry-run")["people"][0]["username"] == "ada"
        assert not User.objects.exists()
        assert mails() == []

    @pytest.mark.parametrize(
        ("arguments", "stdin", "words"),
        [
            (["--csv", "-"], "email\na@example.com\nb\n", "line 3: email"),
            (["--csv", "/nowhere.csv"], "", "can't be read"),
            (["a@example.com", "--group", "nobility"], "", "no group nobility"),
            (["a@example.com", "--app", "nothing"], "", "no app nothing"),
            (["a@example.com", "--csv", "-"], "email\n", "not both"),
            ([], "", "nobody in this list"),
        ],
    )  # fmt: skip
    def test_refuses(self, user: Callable, arguments: list[str], stdin: str, words: str) -> None:
        with pytest.raises(CommandError, match=words):
            user("invite", *arguments, stdin=stdin)
        assert not User.objects.exists()

    def test_sends_again_and_withdraws(self, user: Callable, mails: Callable) -> None:
        user("invite", "ada@example.com")
        assert user("resend", "ada")["username"] == "ada"
        assert len(mails()) == 2
        assert user("withdraw", "ada@example.com")["username"] == "ada"
        assert not User.objects.exists()
        make_user("bob")
        with pytest.raises(CommandError, match="no invitation"):
            user("withdraw", "bob")


def test_a_long_list_is_mailed_to_the_last(mails: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the sender lets wait, and one that can't be sent keeps no other back."""
    from django.core.mail import EmailMessage

    send = EmailMessage.send

    def choosy(message: EmailMessage, **options: Any) -> int:
        if message.to == ["p7@example.com"]:
            raise OSError("refused")
        return send(message, **options)

    monkeypatch.setattr(EmailMessage, "send", choosy)
    sheet = read("\n".join(f"p{number}@example.com" for number in range(250)))
    invitations.send_all(sheet.lines, actor="test", now=timezone.now())
    assert len(mails()) == 249


class TestTheStepsOfASignIn:
    """S-103: the link proves the mailbox and the password is new; what else is wanted comes before a session."""

    def follow(self, browser: Client, user: User, **more: Any) -> Any:
        browser.get(invitations.send(user, actor="test", now=timezone.now(), **more))
        return browser.post("/password/new", {"new_password": PASSWORD})

    def test_s_103_terms_are_accepted_first_and_lead_on_to_the_app(self, browser: Client) -> None:
        Terms.objects.create(version="1", text="Be kind.", published_at=timezone.now())
        app = App.objects.create(
            name="Wiki", redirect_uris=["https://a.example/cb"], initiate_login_uri="https://a.example/start"
        )
        step = self.follow(browser, make_user("bob"), app=app.client_id)["Location"]
        assert step.startswith("/login/terms")
        assert not Session.objects.exists()
        page = browser.get(step)
        assert "Wiki" in page.content.decode()
        assert "https://a.example" in page["Content-Security-Policy"], "where the form may end (S-081)"
        landed = browser.post(step, {"accept": "1"})["Location"]
        assert landed.startswith("https://a.example/start?iss=")
        assert Session.objects.get().amr == ["pwd"]

    def test_s_103_a_group_that_wants_a_second_factor_gets_it(self, browser: Client) -> None:
        bob, staff = make_user("bob"), Group.objects.create(name="staff")
        bob.groups.add(staff)
        GroupPolicy.objects.create(group=staff, grace_days=0)
        assert self.follow(browser, bob)["Location"].startswith("/login/enrol")
        assert not Session.objects.exists()

    def test_s_106_who_has_a_second_factor_already_is_asked_for_it(self, browser: Client) -> None:
        bob = make_user("bob")
        add_app(bob)
        assert self.follow(browser, bob)["Location"].startswith("/login/second-factor")
        assert not Session.objects.exists()
