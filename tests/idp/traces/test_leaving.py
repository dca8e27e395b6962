"""What a trace may hold, how many there may be and for how long, and that leaving one costs the refusal nothing."""

from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from idp.explaining import reading
from idp.models import Trace
from idp.protocol.secrets import mint
from idp.traces import leaving
from idp.traces.facts import kept
from idp.traces.sender import MOST_NAMES
from tests.idp.app import VERIFIER, App, make_client
from tests.idp.signing_app import SigningApp, make_signing_client, sign
from tests.security.test_no_input_is_a_500 import NAMES

pytestmark = pytest.mark.django_db
PATHS = (
    "/oauth2/token",
    "/oauth2/par",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/device_authorization",
)


def stored() -> str:
    """All that the table holds, as text."""
    return str(list(Trace.objects.values()))


NAMED = st.sampled_from(("expected", "received", "kid", "state", "parameter"))  # names are ours

# --- Secrets ----------------------------------------------------------------------------------------

SECRETS = {
    "a secret of ours": mint(),
    "a verifier": VERIFIER,
    "a code": f"{'0' * 22}.{mint()}",
    "a refresh token": f"{'0' * 22}.7.{mint()}",
    "a JWT": "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4",
}
ALL_NAMES = sorted(NAMES.elements)  # type: ignore[attr-defined]


def parts(secret: str) -> list[str]:
    """Nor may a part of it be there that is long enough to be of use."""
    return [part for part in secret.split(".") if len(part) > 22 and part != "0" * 22]


@pytest.mark.parametrize("name", ALL_NAMES)
def test_s_104_a_secret_in_the_wrong_field_is_in_no_trace(signing_keys: None, name: str) -> None:
    """Every parameter of every endpoint, with everything that could be a secret in it."""
    app, secrets = App(make_client()), cycle(SECRETS.values())
    app.authorize(**{name: next(secrets)})
    app.browser.get("/oauth2/logout", {name: next(secrets)})
    for path in PATHS:
        app.post(path, {"grant_type": "authorization_code", name: next(secrets)})
    assert Trace.objects.exists()
    found = stored()
    assert [part for secret in SECRETS.values() for part in parts(secret) if part in found] == []


def test_s_104_no_trace_of_a_real_request_holds_what_proves_it(signing_keys: None) -> None:
    app = App(make_client())
    app.sign_in()
    code, tokens = app.code(), app.tokens()
    app.redeem(code, code_verifier="w" * 43)
    app.redeem(code, redirect_uri="https://other.example/")
    app.refresh(tokens["refresh_token"], scope="admin")
    app.userinfo(tokens["id_token"])
    app.browser.get(
        "/oauth2/authorize", {**app.request(), "redirect_uri": f"https://u:{app.secret}@app.example/"}
    )
    assert Trace.objects.count() == 5
    found = stored()
    for secret in (code, *tokens.values(), app.secret, "w" * 43, app.basic()):
        assert str(secret) not in found or len(str(secret)) < 40
    assert app.secret not in found


def test_s_104_no_trace_holds_an_assertion_or_its_signature(signing_keys: None) -> None:
    app = SigningApp(make_signing_client(), secret="-")
    assertion = sign(app.claims(aud="https://other.example", extra="a claim of its own"))
    app.token(grant_type="x", client_assertion=assertion)
    found = stored()
    assert "wrong aud" in found
    assert not any(part in found for part in assertion.split("."))
    assert "a claim of its own" not in found


@pytest.mark.parametrize(
    ("received", "shown"),
    [
        ("https://user:hunter2@app.example/cb", "https://…@app.example/cb"),
        ("https://app.example/cb?key=hunter2", "https://app.example/cb?key=…"),
        ("https://app.example/cb?tenant=one&key=hunter2", "https://app.example/cb?tenant=one&key=…"),
        ("https://app.example/cb#hunter2", "https://app.example/cb#…"),
        ("https://app.example/callback/", "https://app.example/callback/"),
        (f"https://app.example/{'a1' * 20}", "https://app.example/‹40 characters›"),
    ],
)
def test_s_104_of_an_address_only_its_place_is_kept(received: str, shown: str) -> None:
    facts = kept({"expected": ["https://app.example/cb?tenant=one"], "received": received})
    assert facts["received"] == shown


@trying(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMED, st.text() | st.integers() | st.lists(st.text() | st.none())))
def test_whatever_the_facts_are_they_can_be_kept(facts: dict[str, Any]) -> None:
    """By both databases: no NUL, no half of a surrogate pair, nothing without end."""
    trace = Trace(
        reference="x", at=timezone.now(), endpoint="token", failed="code", detail={"facts": kept(facts)}
    )
    trace.save()
    assert Trace.objects.get(pk=trace.pk).detail["facts"] == trace.detail["facts"]


# --- Bounds -----------------------------------------------------------------------------------------


def test_one_app_from_one_place_leaves_so_many_an_hour_and_no_more(
    signing_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "APP_AND_BLOCK", 3)
    app = App(make_client())
    for _ in range(5):
        assert app.authorize(redirect_uri="https://mallory.example/").status_code == 400
    assert Trace.objects.count() == 3
    App(make_client()).authorize(redirect_uri="https://mallory.example/")
    assert Trace.objects.count() == 4


@pytest.mark.parametrize("bound", ["BLOCK", "ALL"])
def test_apps_that_are_not_known_share_one_bound(
    signing_keys: None, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(leaving, bound, 3)
    for number in range(5):
        Browser().get(f"/oauth2/authorize?client_id=nobody-{number}")
    assert Trace.objects.count() == 3


def test_names_that_are_invented_push_out_no_other_bound(
    signing_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of bound is forgotten by itself: of the apps that a block invents, only such."""
    monkeypatch.setattr("idp.clients.bounds.KEPT", 20)
    monkeypatch.setattr(leaving, "BLOCK", 3)
    monkeypatch.setattr(leaving, "ALL", 5)
    for block in range(2):
        for number in range(15):
            where = f"192.0.{block}.1"
            Browser().get(f"/oauth2/authorize?client_id=nobody-{block}-{number}", REMOTE_ADDR=where)
    Browser().get("/oauth2/authorize?client_id=another", REMOTE_ADDR="192.0.9.1")
    assert Trace.objects.count() == 5


def test_an_app_is_bounded_wherever_its_name_is_used(
    signing_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "APP", 3)
    for number in range(5):
        Browser().get("/oauth2/authorize?client_id=nobody", REMOTE_ADDR=f"192.0.{number}.1")
    assert Trace.objects.count() == 3


def test_over_the_bound_a_refusal_writes_and_reads_nothing_more(
    signing_keys: None, settings: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    settings.LOCAL = False
    monkeypatch.setattr(leaving, "ALL", 0)
    monkeypatch.setattr(leaving.Share, "take", lambda self, now: False)
    with django_assert_num_queries(1):  # whether the app is known
        Browser().get("/oauth2/authorize?client_id=nobody")


def test_the_table_never_grows_over_its_bound(signing_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "MOST", 5)
    monkeypatch.setattr(leaving, "TRIM_EVERY", 2)
    for number in range(20):
        Browser().get("/oauth2/authorize?client_id=nobody", HTTP_USER_AGENT=str(number))
    assert 5 <= Trace.objects.count() <= 7
    assert Trace.objects.order_by("pk").first().pk > Trace.objects.latest("pk").pk - 7  # type: ignore[union-attr]


def test_one_row_stays_small_whatever_is_sent(signing_keys: None) -> None:
    app = App(make_client())
    many = {f"p{number}{'x' * 30}": "y" * 30 for number in range(80)}
    app.browser.get(
        "/oauth2/authorize", {**app.request(), "redirect_uri": "https://a.example/" + "b" * 1500, **many}
    )
    trace = Trace.objects.get()
    assert len(trace.detail["parameters"]) == MOST_NAMES
    assert len(str(trace.detail)) < 5000


def test_0_days_keep_nothing(signing_keys: None, settings: Any) -> None:
    settings.TRACE_DAYS = 0
    Browser().get("/oauth2/authorize?client_id=nobody")
    assert not Trace.objects.exists()


def test_a_trace_goes_after_its_days(signing_keys: None, settings: Any) -> None:
    Browser().get("/oauth2/authorize?client_id=nobody")
    Browser().get("/oauth2/authorize?client_id=nobody")
    old, young = Trace.objects.order_by("pk")
    Trace.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=settings.TRACE_DAYS, minutes=1))
    assert list(reading.kept(timezone.now())) == [young]
    call_command("purge", "--json")
    assert list(Trace.objects.all()) == [young]


# --- What it may cost -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["/oauth2/token", "/oauth2/authorize", "/oauth2/logout", "/device"])
def test_r_02_a_trace_that_can_not_be_kept_changes_no_answer(
    app: App, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise OperationalError("the disk is full")

    def ask() -> Any:
        if place == "/oauth2/token":
            return app.token(grant_type="password")
        if place == "/device":
            return app.browser.post(place, {"user_code": "WDJBMJHT"})
        return app.browser.get(place, {"state": "a", "id_token_hint": "x", "client_id": "nobody"})

    before = ask()
    monkeypatch.setattr(Trace, "save", fails)
    after = ask()
    assert (after.status_code, before.status_code) in ((400, 400), (200, 200))
    if place == "/oauth2/token":
        assert after.content == before.content


def test_what_is_undone_by_a_refusal_does_not_undo_its_trace(signing_keys: None, settings: Any) -> None:
    """Registration refuses inside its transaction."""
    from tests.idp.endpoints.test_registration import register

    settings.REGISTRATION = "open"
    response = register(grant_types=["client_credentials"], response_types=[])
    trace = Trace.objects.get(reference=response["X-Request-Id"])
    assert trace.failed == "registration-bounds"


def test_a_trace_says_which_app_was_named_by_any_of_its_proofs(signing_keys: None) -> None:
    app = App(make_client())
    app.sign_in()
    tokens = app.tokens()
    app.token(grant_type="password")
    app.userinfo(tokens["id_token"])  # its aud names the app, but only an access token has client_id
    app.post("/oauth2/introspect", {"token": "x"})
    app.browser.get("/oauth2/logout", {"id_token_hint": tokens["access_token"]})
    signing = SigningApp(make_signing_client(), secret="-")
    signing.token(grant_type="password")
    named = dict(Trace.objects.order_by("pk").values_list("endpoint", "client_id"))
    assert named["introspect"] == app.client.client_id
    assert named["token"] == signing.client.client_id
    assert Trace.objects.filter(endpoint="token", client_id=app.client.client_id).exists()


def test_a_client_id_that_no_app_has_is_kept_as_what_strangers_write(signing_keys: None) -> None:
    secret = mint()
    Browser().get("/oauth2/authorize", {"client_id": secret})
    assert Trace.objects.get().client_id == "‹43 characters›"
