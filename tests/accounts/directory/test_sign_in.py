"""People of a real OpenLDAP sign in with its passwords: who they are here, and who is refused."""

import json
import time
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone

from accounts import groups, lifecycle
from accounts.directory import connection
from accounts.models import AuditEvent, Identity, Session, User
from tests.accounts.test_passkey_sign_in import give_passkey
from tests.accounts.test_passkey_sign_in import use as use_passkey
from tests.factories import PASSWORD as LOCAL
from tests.factories import make_session, make_user, sign_in
from tests.live.directory import ADMIN, BASE, GUID, PASSWORD, Directory

pytestmark = pytest.mark.django_db
WORDS = "go together"


def signed_in(response: Any) -> bool:
    return bool(response.status_code == 303)


def test_somebody_known_there_is_made_here_and_no_password_is_kept(directory: Directory, log_in: Any) -> None:
    assert signed_in(log_in("dora", PASSWORD))
    dora = User.objects.get()
    assert (dora.username, dora.email, dora.name) == ("dora", "dora@corp.example", "Dora Directory")
    assert dora.email_verified_by == "ldap"
    assert not dora.has_usable_password()
    assert Identity.objects.get().issuer == "ldap"
    assert Session.objects.get().amr == ["pwd"]
    assert PASSWORD not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


@pytest.mark.parametrize("way", ["StartTLS", "ldaps"])
@pytest.mark.parametrize("name", ["dora", "DORA", "dora@corp.example", "carl"])
def test_by_both_ways_of_tls_and_by_name_or_mail(
    slapd: Directory, use: Any, log_in: Any, way: str, name: str
) -> None:
    use(slapd, LDAP_URL=slapd.url if way == "StartTLS" else slapd.ldaps)
    assert signed_in(log_in(name, PASSWORD))


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("dora", "wrong"),
        ("dora", ""),
        ("dora", " "),
        ("dora", "\x01"),
        ("dora", PASSWORD.upper()),
        ("dora", "x" * 5000),
        ("nobody", PASSWORD),
        ("shared@corp.example", PASSWORD),  # two have it: nobody can say who was meant
        ("locked", PASSWORD),
        ("gone", PASSWORD),
        ("*", PASSWORD),
        ("d*", PASSWORD),
        ("dora)(uid=*", PASSWORD),
        ("dora))(|(uid=*", PASSWORD),
        ("*)(uid=*))(|(uid=*", PASSWORD),
        ("dora\\", PASSWORD),
        ("\\2a", PASSWORD),
        ("dora\x01", PASSWORD),
        ("uid=dora,ou=people,dc=corp,dc=example", PASSWORD),
        (ADMIN, "reads people"),
        ("reader", "reads people"),
        ("é" * 300, PASSWORD),
    ],
    ids=lambda value: value[:30].encode("unicode_escape").decode() or "empty",
)
def test_s_101_is_refused_and_nobody_is_made(
    directory: Directory, log_in: Any, name: str, password: str
) -> None:
    """LDAP injection (RFC 4515 section 3), the unauthenticated bind (RFC 4513 section 5.1.2), and who is shut out."""
    response = log_in(name, password)
    assert response.status_code == 200
    assert not User.objects.exists()
    assert not Session.objects.exists()


def test_a_name_with_every_letter_that_a_filter_minds_is_found(directory: Directory, log_in: Any) -> None:
    assert signed_in(log_in("weird*(name)\\20", PASSWORD))
    assert User.objects.get().username == "person", "no user name of ours has those letters"


def test_s_101_right_wrong_and_unknown_read_alike(directory: Directory, log_in: Any, alice: User) -> None:
    pages = []
    for name in ("dora", "nobody", "alice"):
        page = Browser().post("/login", {"username": name, "password": "wrong"}).content.decode()
        assert WORDS in page
        pages.append(len(page.replace(name, "")))
    assert len(set(pages)) == 1


def test_s_101_the_same_questions_go_out_whoever_is_typed(
    directory: Directory,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that time tells nothing: a search for the person, one for groups, and a bind; alice's password in none."""
    asked: list[str] = []
    search, binds = connection._search, connection._binds

    def searching(opened: Any, base: str, *rest: Any) -> Any:
        asked.append("search")
        assert LOCAL not in str(rest)
        return search(opened, base, *rest)

    def binding(opened: Any, dn: str, password: str) -> bool:
        asked.append("bind")
        assert password != LOCAL
        return binds(opened, dn, password)

    monkeypatch.setattr(connection, "_search", searching)
    monkeypatch.setattr(connection, "_binds", binding)
    seen = {}
    for name, password in [
        ("alice", LOCAL),
        ("alice", "wrong"),
        ("dora", "wrong"),
        ("nobody", "x"),
        ("dora", PASSWORD),
    ]:
        asked.clear()
        Browser().post("/login", {"username": name, "password": password})
        seen[name, password] = list(asked)
    assert set(map(tuple, seen.values())) == {("search", "search", "bind")}


def test_the_link_is_the_id_and_neither_name_nor_mail(directory: Directory, log_in: Any) -> None:
    """A renamed person stays who they are; whoever gets the old name is somebody else."""
    log_in("dora", PASSWORD)
    dora = User.objects.get()
    directory.rename("uid=dora,ou=people", "uid=theodora")
    try:
        directory.change("uid=theodora,ou=people", mail="theodora@corp.example", cn="Theodora Directory")
        assert signed_in(Browser().post("/login", {"username": "theodora", "password": PASSWORD}))
        dora.refresh_from_db()
        assert User.objects.count() == 1
        assert dora.name == "Theodora Directory"
        assert dora.email == "dora@corp.example", "an address moves by its person's own word"
    finally:
        directory.change("uid=theodora,ou=people", mail="dora@corp.example", cn="Dora Directory")
        directory.rename("uid=theodora,ou=people", "uid=dora")


def test_a_local_account_of_that_name_or_mail_is_not_the_directorys_to_open(
    directory: Directory,
    cheap_passwords: None,
    log_in: Any,
) -> None:
    local = make_user("dora", email="dora@corp.example", password=LOCAL)
    assert WORDS in log_in("dora", PASSWORD).content.decode()
    assert WORDS in log_in("dora@corp.example", PASSWORD).content.decode()
    assert signed_in(log_in("dora", LOCAL))
    assert not Identity.objects.exists()
    assert Session.objects.get().user == local


def test_an_address_that_somebody_has_stays_theirs(directory: Directory, log_in: Any) -> None:
    make_user("alice", email="dora@corp.example")
    assert signed_in(log_in("dora", PASSWORD))
    assert User.objects.get(username="dora").email == ""


def test_a_local_password_is_none_of_a_person_of_the_directory(
    directory: Directory,
    log_in: Any,
    cheap_passwords: None,
) -> None:
    log_in("dora", PASSWORD)
    dora = User.objects.get()
    dora.set_password(LOCAL)
    dora.save()
    assert WORDS in Browser().post("/login", {"username": "dora", "password": LOCAL}).content.decode()
    assert signed_in(Browser().post("/login", {"username": "dora", "password": PASSWORD}))


class TestGroups:
    @pytest.fixture(autouse=True)
    def mapped(self, settings: Any) -> None:
        settings.LDAP_GROUPS = {
            "staff": "Employees",
            "Board": "Directors",
            "Staff ": "x",
            "STAFF": "Powerful",
        }
        for name in ("Employees", "Directors", "Chess", "Powerful"):
            Group.objects.create(name=name)
        Group.objects.get(name="Powerful").permissions.add(Permission.objects.first())

    def test_are_kept_as_the_directory_has_them_and_others_left_alone(
        self,
        directory: Directory,
        log_in: Any,
    ) -> None:
        log_in("dora", PASSWORD)
        dora = User.objects.get()
        assert groups.names(dora) == ["Employees"], "S-130: none that opens the admin"
        dora.groups.set([Group.objects.get(name="Chess"), Group.objects.get(name="Directors")])
        Browser().post("/login", {"username": "dora", "password": PASSWORD})
        assert groups.names(dora) == ["Chess", "Employees"]

    @pytest.mark.parametrize(("name", "here"), [("carl", ["Employees"]), ("twin", ["Directors"])])
    def test_of_members_with_a_comma_in_their_dn_and_of_unique_members(
        self,
        directory: Directory,
        log_in: Any,
        name: str,
        here: list[str],
    ) -> None:
        log_in(name, PASSWORD)
        assert groups.names(User.objects.get()) == here


class TestWhoLeaves:
    def test_s_111_a_passkey_is_refused_once_its_person_is_shut_out_there(
        self, directory: Directory, log_in: Any
    ) -> None:
        log_in("dora", PASSWORD)
        device = give_passkey(User.objects.get())
        directory.change("uid=dora,ou=people", pwdAccountLockedTime="000001010000Z")
        try:
            assert use_passkey(Browser(), device)["Location"].startswith("/login?")
            assert Session.objects.count() == 1
        finally:
            directory.change("uid=dora,ou=people", pwdAccountLockedTime=None)
        assert signed_in(use_passkey(Browser(), device))

    @pytest.fixture
    def active(self, slapd: Directory, use: Any) -> Directory:
        """As one has it for Active Directory."""
        use(
            slapd,
            LDAP_ID_ATTRIBUTE="objectGUID",
            LDAP_USER_FILTER="(|(sAMAccountName={user})(mail={user}))",
            LDAP_ATTRIBUTES={"username": "sAMAccountName", "name": "cn", "email": "mail"},
        )
        return slapd

    def test_s_111_disabled_there_is_refused_here_by_password_and_by_passkey(
        self,
        directory: Directory,
        log_in: Any,
    ) -> None:
        from accounts.directory.people import may_still_come

        log_in("dora", PASSWORD)
        dora = User.objects.get()
        assert may_still_come(dora, now=timezone.now())
        directory.change("uid=dora,ou=people", pwdAccountLockedTime="000001010000Z")
        try:
            assert (
                WORDS in Browser().post("/login", {"username": "dora", "password": PASSWORD}).content.decode()
            )
            assert not may_still_come(dora, now=timezone.now())
        finally:
            directory.change("uid=dora,ou=people", pwdAccountLockedTime=None)

    def test_by_active_directorys_flag_and_found_by_its_guid(self, active: Directory, log_in: Any) -> None:
        assert signed_in(log_in("ada", PASSWORD))
        assert Identity.objects.get().subject == str(GUID)
        assert signed_in(Browser().post("/login", {"username": "ada", "password": PASSWORD}))
        assert User.objects.count() == 1
        active.change("cn=Ada Active,ou=people", userAccountControl="514")
        try:
            assert (
                WORDS in Browser().post("/login", {"username": "ada", "password": PASSWORD}).content.decode()
            )
        finally:
            active.change("cn=Ada Active,ou=people", userAccountControl="512")

    def test_disabled_here_stays_disabled(self, directory: Directory, log_in: Any) -> None:
        log_in("dora", PASSWORD)
        lifecycle.disable(User.objects.get(), actor="test", now=timezone.now())
        assert WORDS in Browser().post("/login", {"username": "dora", "password": PASSWORD}).content.decode()

    def test_somebody_local_may_come_without_a_look_there(self, directory: Directory) -> None:
        from accounts.directory.people import may_still_come

        directory_was_asked = connection._pause
        assert may_still_come(make_user("alice"), now=timezone.now())
        assert directory_was_asked is connection._pause


class TestServerGone:
    @pytest.fixture
    def gone(self, slapd: Directory, use: Any) -> None:
        use(slapd, LDAP_URL="ldap://localhost:1")

    def test_local_people_sign_in_and_others_read_why_not(self, gone: None, alice: User, log_in: Any) -> None:
        for name in ("alice", "dora"):
            response = Browser().post("/login", {"username": name, "password": "wrong"})
            assert response.status_code == 200
            assert "does not answer just now" in response.content.decode()
        assert signed_in(log_in("alice", LOCAL))

    def test_a_person_of_the_directory_is_not_let_in_by_anything_else(
        self,
        slapd: Directory,
        use: Any,
        log_in: Any,
    ) -> None:
        from accounts.directory.people import may_still_come

        use(slapd)
        log_in("dora", PASSWORD)
        use(slapd, LDAP_URL="ldap://localhost:1")
        response = Browser().post("/login", {"username": "dora", "password": PASSWORD})
        assert "does not answer just now" in response.content.decode()
        assert not may_still_come(User.objects.get(), now=timezone.now())

    def test_after_a_failure_nobody_waits_for_a_while(
        self, gone: None, log_in: Any, monkeypatch: Any
    ) -> None:
        log_in("dora", PASSWORD)
        monkeypatch.setattr(connection, "_open", lambda: pytest.fail("asked again"))
        began = time.monotonic()
        assert log_in("dora", PASSWORD).status_code == 200
        assert time.monotonic() - began < 2

    @pytest.mark.parametrize(
        "change",
        [
            {"LDAP_CA_FILE": ""},
            {"LDAP_URL": "ldap://127.0.0.1:{plain}"},  # the certificate is for localhost
            {"LDAP_URL": "ldaps://127.0.0.1:{secure}"},
            {"LDAP_BIND_PASSWORD": "wrong"},
            {"LDAP_CA_FILE": "/nowhere"},
        ],
        ids=str,
    )
    def test_a_server_that_can_not_be_trusted_or_does_not_trust_us_is_one_that_is_gone(
        self,
        slapd: Directory,
        use: Any,
        log_in: Any,
        change: dict[str, str],
    ) -> None:
        use(
            slapd,
            **{name: value.format(plain=slapd.plain, secure=slapd.secure) for name, value in change.items()},
        )
        response = log_in("dora", PASSWORD)
        assert response.status_code == 200
        assert "does not answer just now" in response.content.decode()
        assert not User.objects.exists()

    def test_a_base_that_is_not_there_finds_nobody(self, slapd: Directory, use: Any, log_in: Any) -> None:
        use(slapd, LDAP_BASE=f"ou=nowhere,{BASE}")
        assert WORDS in log_in("dora", PASSWORD).content.decode()


class TestItsPassword:
    @pytest.fixture
    def dora(self, directory: Directory, log_in: Any) -> User:
        log_in("dora", PASSWORD)
        return User.objects.get()

    def test_is_changed_there_and_the_page_says_so(self, dora: User, browser: Browser, settings: Any) -> None:
        settings.LDAP_PASSWORD_URL = "https://password.corp.example/"
        for method in (browser.get, browser.post):
            page = method("/account/password").content.decode()
            assert "changed there, not here" in page
            assert 'href="https://password.corp.example/"' in page
        assert "kept by your organisation" in browser.get("/account/security").content.decode()

    def test_is_not_reset_by_a_link(self, dora: User, browser: Browser, mails: Any) -> None:
        answer = browser.post("/password/reset", {"username": "dora"})
        assert answer["Location"] == "/password/reset-sent"
        (mail,) = mails()
        assert "kept by your organisation's directory" in mail.body
        assert "/password/reset/" not in mail.body

    def test_is_never_asked_to_be_new(self, dora: User) -> None:
        lifecycle.require_new_password(dora, actor="test", now=timezone.now())
        dora.refresh_from_db()
        assert not dora.must_change_password
        User.objects.update(must_change_password=True)
        assert signed_in(Browser().post("/login", {"username": "dora", "password": PASSWORD}))

    def test_confirms_that_it_is_them(self, dora: User) -> None:
        visitor = Browser()
        before = sign_in(visitor, dora)
        assert "Type your password" in visitor.get("/login?again=1").content.decode()
        assert WORDS not in visitor.post("/login?again=1", {"password": PASSWORD}).content.decode()
        assert Session.objects.get(sid=before.sid).auth_time > before.auth_time

    def test_is_no_way_in_once_the_directory_is_taken_away(self, dora: User, settings: Any) -> None:
        from accounts import elsewhere

        assert elsewhere.vouched(dora)
        settings.LDAP_URL = ""
        assert not elsewhere.vouched(dora)
        assert make_session(dora)

    def test_gets_a_password_of_ours_once_the_directory_is_taken_away(
        self, dora: User, settings: Any, mailoutbox: list[Any]
    ) -> None:
        from accounts import lifecycle

        settings.LDAP_URL = ""
        url = lifecycle.send_reset(dora, actor="command", now=timezone.now())
        assert url.startswith(f"{settings.ISSUER}/password/reset/")
        lifecycle.require_new_password(dora, actor="command", now=timezone.now())
        dora.refresh_from_db()
        assert dora.must_change_password


class TestCheck:
    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
        call_command("ldap", "check", *arguments, "--json")
        return json.loads(capsys.readouterr().out)

    def test_says_what_a_person_would_get_and_changes_nothing(
        self, directory: Directory, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Group.objects.create(name="Employees")
        settings.LDAP_GROUPS = {"staff": "Employees"}
        found = self.run(capsys, "dora")
        assert (found["ok"], found["tls"]) == (True, True)
        assert found["person"]["username"] == "dora"
        assert found["person"]["groups_here"] == ["Employees"]
        assert found["person"]["account"] == "would be made"
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        ("name", "problem"), [("nobody", "nobody"), ("locked", "locked in the directory")]
    )
    def test_says_why_somebody_would_not_come_in(
        self, directory: Directory, capsys: pytest.CaptureFixture[str], name: str, problem: str
    ) -> None:
        with pytest.raises(SystemExit):
            call_command("ldap", "check", name, "--json")
        assert problem in capsys.readouterr().out

    def test_says_what_is_wrong_with_the_connection(
        self, slapd: Directory, use: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use(slapd, LDAP_BIND_PASSWORD="wrong")
        with pytest.raises(SystemExit):
            call_command("ldap", "check", "--json")
        assert "invalidCredentials" in capsys.readouterr().out

    def test_says_that_there_is_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            call_command("ldap", "check", "--json")
        assert "IDP_LDAP_URL" in capsys.readouterr().out
