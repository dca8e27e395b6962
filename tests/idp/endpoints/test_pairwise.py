"""Pairwise subjects (OIDC Core section 8): one person, another name at each sector, and always the same one there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from idp import claims
from idp.clients import metadata, registry, secrets, sectors
from idp.models import Client, Grant, Sector
from keys import events, ring, rotation, sealing
from keys.signing import sign_with
from tests.factories import make_user
from tests.idp.app import App, answer, decoded, make_client, verified

A, B = "https://a.example/cb", "https://b.example/cb"


def pairwise(uri: str = A, **fields: Any) -> Client:
    return make_client(subject_type="pairwise", redirect_uris=[uri], **fields)


@pytest.fixture
def alice(signing_keys: None) -> User:
    return make_user("alice", name="Alice Liddell")


@pytest.fixture
def sign_in(alice: User) -> Callable[..., App]:
    def make(client: Client, user: User = alice) -> App:
        app = App(client, user)
        app.sign_in()
        return app

    return make


@pytest.fixture
def app(sign_in: Callable[..., App]) -> App:
    return sign_in(pairwise())


def sub(app: App, **changes: Any) -> str:
    return str(decoded(app.tokens(**changes)["id_token"])["sub"])


def test_apps_of_two_sectors_can_not_compare_people(sign_in: Callable[..., App], alice: User) -> None:
    one, other, public = sign_in(pairwise(A)), sign_in(pairwise(B)), sign_in(make_client())
    found = [decoded(each.tokens(scope="openid")["id_token"]) for each in (one, other, public)]
    assert found[2]["sub"] == str(alice.pk)
    assert len({said["sub"] for said in found}) == 3
    assert len({said["sid"] for said in found}) == 3
    for said in found[:2]:
        assert str(alice.pk) not in str(said)
        assert alice.sessions.get(sid=found[2]["sid"])


def test_a_session_is_not_the_same_at_two_sectors(sign_in: Callable[..., App], alice: User) -> None:
    """`sid` of one session in one browser would tell what `sub` does not."""
    first = sign_in(pairwise(A))
    second = App(pairwise(B), alice, browser=first.browser)
    tokens = first.tokens(), second.tokens()
    assert Grant.objects.values("session").distinct().count() == 1
    for name in ("id_token", "access_token"):
        one, other = (decoded(each[name]) for each in tokens)
        assert one["sid"] != other["sid"]
        assert alice.sessions.get().sid not in (one["sid"], other["sid"])


def test_apps_of_one_sector_know_a_person_by_one_name(sign_in: Callable[..., App], alice: User) -> None:
    first, second = sign_in(pairwise(A)), sign_in(pairwise("https://a.example:8443/other"))
    assert sub(first) == sub(second)
    assert sub(sign_in(pairwise(A), make_user("bob"))) != sub(first)


def test_the_subject_is_the_same_wherever_the_app_meets_it(app: App) -> None:
    tokens = app.tokens()
    name = verified(tokens["id_token"], app.client.client_id)["sub"]
    refreshed = app.refresh(tokens["refresh_token"]).json()
    assert decoded(tokens["access_token"])["sub"] == name
    assert decoded(refreshed["id_token"])["sub"] == name
    assert app.userinfo(tokens["access_token"]).json()["sub"] == name
    assert app.introspect(tokens["access_token"])["sub"] == name
    assert app.introspect(refreshed["refresh_token"])["sub"] == name
    assert name == claims.subject(app.user, registry.find(app.client.client_id))
    assert len(name) <= 255
    assert name.isascii()


def test_it_stays_when_keys_and_secrets_rotate(app: App, settings: Any) -> None:
    before = sub(app)
    now = timezone.now()
    app.secret = secrets.issue(app.client, now)
    rotation.rotate("RS256", now)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    settings.KEYS_ENCRYPTION_KEYS = {
        "9": b"an encryption key of thirty-two!",
        **settings.KEYS_ENCRYPTION_KEYS,
    }
    assert sum(rewrap() for rewrap in events.rewrappers) > 0
    ring.forget()
    registry._known.clear()
    assert Sector.objects.get().sealed.startswith("9.")
    app.sign_in()
    assert sub(app) == before


def test_s_140_the_key_of_a_sector_is_sealed_for_it_alone(app: App) -> None:
    sector = Sector.objects.get()
    key = sealing.open_sealed(sector.sealed, context="sector:a.example")
    assert len(key) == 32
    assert key.hex() not in sector.sealed
    other = Sector(identifier="b.example", sealed=sector.sealed)
    with pytest.raises(sealing.CannotOpen):
        other.named("subject", "x")


def test_two_nodes_that_make_a_sector_at_once_get_the_same(db: None) -> None:
    one, other = Sector.of("a.example"), Sector.of("a.example")
    assert one.named("subject", "x") == other.named("subject", "x")
    assert one.named("subject", "x") != one.named("session", "x")


def test_it_stays_when_the_app_moves_to_another_sector(app: App) -> None:
    """The host, or the document, changes: people don't."""
    before = sub(app)
    document = sectors.SectorDocument("https://s.example/list", frozenset([B]))
    said = {"redirect_uris": [B], "sector_identifier_uri": document.uri}
    metadata.change(Client.objects.get(), said, document).save()
    app.client.refresh_from_db()
    assert app.client.redirect_uris == [B]
    assert sub(app) == before


def test_it_stays_when_the_last_app_of_a_sector_comes_again(sign_in: Callable[..., App], app: App) -> None:
    before = sub(app)
    app.client.delete()
    assert sub(sign_in(pairwise(A))) == before


@pytest.mark.parametrize(("was", "becomes"), [("public", "pairwise"), ("pairwise", "public")])
def test_the_kind_of_subject_is_settled_at_registration(db: None, was: str, becomes: str) -> None:
    client = make_client(subject_type=was, redirect_uris=[A])
    with pytest.raises(metadata.InvalidClientMetadata, match=r"subject_type: .*register the app anew"):
        metadata.change(client, {"subject_type": becomes})


def test_the_database_holds_that_too(db: None) -> None:
    client = pairwise()
    for change in ({"subject_type": "public"}, {"sector": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Client.objects.filter(pk=client.pk).update(**change)


def test_several_hosts_need_a_sector_document(db: None) -> None:
    with pytest.raises(metadata.InvalidClientMetadata, match=r"sector_identifier_uri: .*several hosts"):
        metadata.read({"redirect_uris": [A, B], "subject_type": "pairwise"})
    assert metadata.read({"redirect_uris": [A, B]}).client.subject_type == "public"


# --- Hints and wishes -------------------------------------------------------------------------------


def test_id_token_hint_and_prompt_none(app: App) -> None:
    """`oidcc-id-token-hint`, at an app with pairwise subjects."""
    hint = app.tokens()["id_token"]
    assert "code" in answer(app.authorize(prompt="none", id_token_hint=hint))


def test_the_hint_of_another_person_is_noticed(app: App, sign_in: Callable[..., App]) -> None:
    hint = sign_in(app.client, make_user("bob")).tokens()["id_token"]
    assert answer(app.authorize(prompt="none", id_token_hint=hint))["error"] == "login_required"


@pytest.mark.parametrize("member", ["id_token", "userinfo"])
def test_the_claims_parameter_names_the_subject_of_the_app(app: App, member: str) -> None:
    def wish(value: str) -> str:
        return f'{{"{member}": {{"sub": {{"value": "{value}"}}}}}}'

    assert "code" in answer(app.authorize(prompt="none", claims=wish(sub(app))))
    refused = answer(app.authorize(prompt="none", claims=wish(str(app.user.pk))))
    assert refused["error"] == "login_required"


@pytest.mark.parametrize("without_sid", [False, True])
def test_s_112_a_hint_signs_out_the_session_that_it_names(app: App, without_sid: bool) -> None:
    hint = app.tokens()["id_token"]
    if without_sid:
        kept = ring.ring(timezone.now())
        said = {name: value for name, value in decoded(hint).items() if name != "sid"}
        hint = sign_with(kept.signing("RS256"), said, "JWT")
    response = app.browser.get("/oauth2/logout", {"id_token_hint": hint})
    assert "Signed out" in response.content.decode() or response.status_code == 303
    assert app.user.sessions.get().ended_at is not None


def test_s_112_a_hint_for_another_session_asks_first(app: App, sign_in: Callable[..., App]) -> None:
    other = sign_in(app.client, make_user("bob")).tokens()["id_token"]
    response = app.browser.get("/oauth2/logout", {"id_token_hint": other})
    assert "Sign out?" in response.content.decode()
    assert app.user.sessions.get().ended_at is None


# --- Those who introspect ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["public", "pairwise"])
def test_an_api_hears_of_a_person_as_the_tokens_app_does(
    sign_in: Callable[..., App], alice: User, kind: str
) -> None:
    """Never as itself would: that would join the two names. Nor by a name that is the same everywhere."""
    api = sign_in(make_client(client_id="api", subject_type=kind, redirect_uris=[B]))
    own = sub(api)
    app = sign_in(pairwise(audiences=["api"]))
    token = app.tokens()["access_token"]
    said = api.introspect(token)
    assert said["active"] is True
    assert said["sub"] == decoded(token)["sub"] != own
    assert "username" not in said
    assert str(alice.pk) not in str(said)
    assert alice.username not in str(said)


def test_public_apps_keep_their_username_in_introspection(sign_in: Callable[..., App], alice: User) -> None:
    app = sign_in(make_client())
    assert app.introspect(app.tokens()["access_token"])["username"] == alice.username


# --- Metadata ---------------------------------------------------------------------------------------


def test_discovery_names_both_kinds(db: None) -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    assert document["subject_types_supported"] == ["public", "pairwise"]


def test_device_apps_are_sectors_by_themselves(db: None) -> None:
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    made = [
        metadata.read({"client_name": name, "subject_type": "pairwise", "grant_types": [grant]}).client
        for name in ("One", "Two")
    ]
    for client in made:
        client.save()
    assert {client.sector.identifier for client in made} == {f"client:{client.client_id}" for client in made}


def test_a_pairwise_app_costs_no_statement_more(app: App) -> None:
    app.tokens()
    code = app.code()
    with CaptureQueriesContext(connection) as queries:
        tokens = app.redeem(code).json()
    assert len(queries) == 3
    with CaptureQueriesContext(connection) as queries:
        app.userinfo(tokens["access_token"])
    assert len(queries) == 2
