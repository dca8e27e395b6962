"""The preview: exactly what would be issued, each claim with its source, nothing issued, and on record (S-063)."""

import html
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt as pyjwt
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.models import AuditEvent, User
from idp.models import ClaimMapping, Client, Grant
from idp.playground import preview
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import App, make_client

pytestmark = pytest.mark.django_db
FRESH = {"iat", "exp", "auth_time", "jti", "sid", "at_hash", "nonce"}
Show = Callable[..., str]


@pytest.fixture
def bob() -> User:
    return make_user("bob", given_name="Bob", phone_number="+41 44 000 00 00")


@pytest.fixture
def client() -> Client:
    return make_client(name="Wiki", scopes=["openid", "profile", "email", "groups", "phone"])


@pytest.fixture
def browser() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin("alice"))
    return browser


@pytest.fixture
def show(browser: Browser, client: Client, bob: User) -> Show:
    def show(**fields: str) -> str:
        answer = browser.post(path(client), {"person": "bob", "scope": "openid profile email", **fields})
        assert answer.status_code == 200
        return html.unescape(answer.text)

    return show


def path(client: Client) -> str:
    return reverse("admin:idp_client_preview", args=[client.pk])


def of(user: User, client: Client, scope: str, wanted: Any = None) -> preview.Answer:
    return preview.answer(user, client, tuple(scope.split()), wanted or {}, now=timezone.now())


@pytest.mark.parametrize(
    "fields",
    [{}, {"lean_id_token": True}, {"audiences": ["https://api.example"]}, {"subject_type": "pairwise"}],
    ids=["plain", "lean", "an audience", "pairwise"],
)
def test_it_is_what_the_app_is_really_given(fields: dict[str, Any]) -> None:
    ClaimMapping.objects.create(claim="team", source="attribute.team", scope="profile")
    app = App(client=make_client(scopes=["openid", "profile", "email", "groups"], **fields))
    assert app.user is not None
    app.user.attributes = {"team": "blue"}
    app.user.save()
    app.user.groups.add(Group.objects.create(name="chess"))
    app.sign_in()
    scope = "openid profile email groups"
    tokens = app.tokens(scope=scope, claims=json.dumps({"userinfo": {"email": None}}))
    client = Client.objects.select_related("sector").get()
    said = of(User.objects.get(), client, scope, {"userinfo": {"email": None}}).said
    issued = {
        "ID token": pyjwt.decode(tokens["id_token"], options={"verify_signature": False}),
        "Access token": pyjwt.decode(tokens["access_token"], options={"verify_signature": False}),
        "Userinfo": app.userinfo(tokens["access_token"]).json(),
    }
    assert set(said) == set(issued)
    for kind, claims in issued.items():
        assert set(said[kind]) - set(claims) == set(), kind
        assert set(claims) - set(said[kind]) <= {"nonce"}, kind
        stays = {name: value for name, value in claims.items() if name not in FRESH}
        assert {name: said[kind][name] for name in stays} == stays, kind
    assert issued["Userinfo"]["team"] == "blue"


def test_nothing_is_issued_signed_or_saved(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    def signed(*_: Any, **__: Any) -> str:
        raise AssertionError("signed")

    monkeypatch.setattr("idp.tokens.access.sign", signed)
    monkeypatch.setattr("idp.tokens.protection.sign", signed)
    before = AuditEvent.objects.count()
    assert "bob@example.com" in show()
    assert not Grant.objects.exists()
    assert AuditEvent.objects.count() == before + 1


def test_each_claim_has_its_source(client: Client, bob: User) -> None:
    ClaimMapping.objects.create(claim="team", source="attribute.team", scope="profile")
    bob.attributes = {"team": "blue"}
    bob.save()
    wanted = {"userinfo": {"phone_number": None}}
    answer = of(bob, Client.objects.get(), "openid profile email", wanted)
    tables = dict(preview.tables([answer], Client.objects.get()))
    sources = {row.claim: row.source for row in tables["Userinfo"]}
    assert sources["email"] == "the scope email"
    assert sources["phone_number"] == "the request's claims parameter"
    assert sources["team"].startswith("a claim of this provider's own, from attribute.team")
    in_token = {row.claim: row.source for row in tables["ID token"]}
    assert (in_token["aud"], in_token["auth_time"], in_token["iss"]) == (
        "the app's registration",
        "the session",
        "the provider",
    )


@pytest.mark.parametrize("claim", ["iat", "exp", "auth_time"])
def test_a_moment_is_shown_as_a_date_too(client: Client, bob: User, claim: str) -> None:
    now = timezone.now()
    answer = preview.answer(bob, client, ("openid",), {}, now=now)
    rows = {row.claim: row.values[0] for row in dict(preview.tables([answer], client))["ID token"]}
    said = answer.said["ID token"][claim]
    assert rows[claim] == f"{said} = {datetime.fromtimestamp(said, UTC):%Y-%m-%d %H:%M:%S} UTC"


@pytest.mark.parametrize("said", ["yesterday", 10**20, True, [1]])
def test_a_mapping_may_put_there_what_is_no_moment(client: Client, bob: User, said: Any) -> None:
    ClaimMapping.objects.create(claim="updated_at", source="attribute.changed", scope="profile")
    bob.attributes = {"changed": said}
    bob.save()
    tables = dict(preview.tables([of(bob, Client.objects.get(), "openid profile")], Client.objects.get()))
    rows = {row.claim: row.values[0] for row in tables["Userinfo"]}
    assert rows["updated_at"] == json.dumps(said)


def test_two_people_are_compared_and_what_differs_is_marked(bob: User, client: Client) -> None:
    carol = make_user("carol", given_name="Bob")
    answers = [of(bob, client, "openid profile"), of(carol, client, "openid profile")]
    rows = {row.claim: row for row in dict(preview.tables(answers, client))["Userinfo"]}
    assert rows["preferred_username"].values == ('"bob"', '"carol"')
    assert rows["preferred_username"].differs
    assert not rows["given_name"].differs


def test_two_scopes_are_compared(show: Show) -> None:
    page = show(other_scope="openid")
    assert 'class="badge warning">differs' in page
    assert "not in there" in page


def test_what_is_not_in_there_says_why(bob: User, client: Client) -> None:
    client.scopes = ["openid", "profile", "email"]
    why = dict(preview.missing(of(bob, client, "openid profile"), client))
    assert why["email"] == "The app did not ask for the scope email."
    assert why["phone_number"] == "The app may not ask for the scope phone: allow it under Settings."
    assert why["nickname"] == "This person has none."
    assert "given_name" not in why
    client.lean_id_token = True
    assert dict(preview.missing(of(bob, client, "openid profile"), client))["given_name"].startswith(
        "It is in userinfo only"
    )
    without = dict(preview.missing(of(bob, client, "profile"), client))
    assert without["given_name"].startswith("Without the scope openid")


@pytest.mark.parametrize("case", ["group", "disabled person", "disabled app"])
def test_who_would_be_refused_is_told_so(show: Show, client: Client, bob: User, case: str) -> None:
    assert 'class="messagelist"' not in show()
    if case == "group":
        client.groups.add(Group.objects.create(name="staff"))
    elif case == "disabled person":
        User.objects.filter(pk=bob.pk).update(is_active=False)
    else:
        Client.objects.filter(pk=client.pk).update(enabled=False)
    assert "bob: The " in show()


def test_scopes_that_the_app_may_not_have_are_named(show: Show) -> None:
    page = show(scope="openid address wiki.read")
    assert "may not ask for address, wiki.read" in page


def test_s_143_looking_is_on_record_for_each_person(show: Show, bob: User) -> None:
    carol = make_user("carol")
    show(other_person="carol")
    events = AuditEvent.objects.filter(type="claims.previewed")
    assert {event.subject for event in events} == {f"user:{bob.pk}", f"user:{carol.pk}"}
    assert {event.actor for event in events} == {f"user:{User.objects.get(username='alice').pk}"}


def test_opening_the_tab_shows_nobody_and_records_nothing(
    browser: Browser, client: Client, bob: User
) -> None:
    page = browser.get(path(client) + "?person=bob&scope=openid").text
    assert "bob" not in page
    assert not AuditEvent.objects.filter(type="claims.previewed").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"person": "nobody"},
        {"person": ""},
        {"person": "a\x01b"},
        {"person": "x" * 300},
        {"other_person": "nobody@example.com"},
        {"claims": "{"},
        {"claims": '{"userinfo": []}'},
        {"claims": '{"userinfo": {"email": {"values": []}}}'},
        {"claims": '{"userinfo": {"a": "\\ud800"}}'},
        {"claims": "[" * 5000},
    ],
)
def test_s_015_what_cannot_be_read_comes_back_with_why(show: Show, fields: dict[str, str]) -> None:
    assert 'class="errorlist"' in show(**fields)
    assert not AuditEvent.objects.filter(type="claims.previewed").exists()


def test_a_person_is_found_by_name_or_address_in_any_spelling(show: Show) -> None:
    for typed in ("BOB", " bob ", "Bob@Example.com"):
        assert "bob@example.com" in show(person=typed)


def test_s_130_who_may_not_look_at_people_sees_only_themselves(client: Client, bob: User) -> None:
    carol, browser = make_user("carol"), Browser()
    roles.assign(carol, [roles.CLIENTS], actor="test")
    sign_in(browser, User.objects.get(pk=carol.pk))
    for fields in ({"person": "bob"}, {"person": "bob", "other_person": "bob"}):
        page = browser.post(path(client), {"scope": "openid profile email", **fields}).text
        assert "carol@example.com" in page
        assert "bob@example.com" not in page
    assert 'name="other_person"' not in page
    subjects = set(AuditEvent.objects.filter(type="claims.previewed").values_list("subject", flat=True))
    assert subjects == {f"user:{carol.pk}"}


def test_s_063_it_holds_nothing_that_no_app_may_know(show: Show, bob: User) -> None:
    bob.set_password("correct horse battery staple")
    bob.save()
    page = show(scope="openid profile email groups phone address offline_access")
    assert bob.password not in page
    assert "is_staff" not in page


def test_s_080_what_people_are_called_is_escaped(browser: Browser, client: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(given_name="<script>alert(1)</script>")
    answer = browser.post(path(client), {"person": "bob", "scope": "openid profile"})
    assert "<script>alert(1)" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_it_costs_the_same_for_everybody(browser: Browser, client: Client, bob: User) -> None:
    for number in range(8):
        bob.groups.add(Group.objects.create(name=f"g{number}"))
    counts = []
    for name in ("alice", "bob"):
        with CaptureQueriesContext(
            connection,
        ) as found:
            browser.post(path(client), {"person": name, "scope": "openid profile email groups"})
        counts.append(len(found))
    assert counts[0] == counts[1]
