"""What each hot request may cost: statements, writes and signatures, counted (DESIGN.md, decision 9)."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts import beside
from accounts.secrets import new_token
from idp.models import Grant
from keys import signing
from tests.factories import make_session, make_user
from tests.idp.app import VERIFIER, App, make_client
from tests.idp.proofs import Holder
from tests.idp.signing_app import SigningApp, make_signing_client


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """`with cost() as spent: …` counts reads, writes and signatures."""

    @contextmanager
    def measure() -> Iterator[Counter[str]]:
        spent: Counter[str] = Counter()
        original = signing.sign_with

        def counted(*args: object) -> str:
            spent["signatures"] += 1
            return original(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(signing, "sign_with", counted)
        with CaptureQueriesContext(connection) as queries:
            yield spent
        for statement in (part for query in queries for part in query["sql"].split(";\n")):
            verb = statement.split(None, 1)[0].upper()
            if verb in ("SELECT", "WITH"):
                spent["reads"] += 0 if "pg_advisory" in statement else 1
            elif verb in ("INSERT", "UPDATE", "DELETE"):
                spent["writes"] += 1

    return measure


def test_authorize_for_somebody_signed_in(app: App, cost: Callable) -> None:
    app.code()
    with cost() as spent:
        app.code()
    # The app's revision, the session with its person, the consent; the grant, and its line in the audit log.
    assert spent == {"reads": 3, "writes": 2}


def test_authorize_costs_the_same_with_others_signed_in_beside(app: App, cost: Callable) -> None:
    token = new_token()
    make_session(make_user("bob"), token=token)
    app.browser.cookies[beside.COOKIE] = token
    for named in ({}, {"login_hint": app.user.username}, {"id_token_hint": app.tokens()["id_token"]}):
        app.code()
        with cost() as spent:
            app.code(**named)
        assert spent == {"reads": 3, "writes": 2}, named


def test_authorize_at_a_first_party_app_asks_no_consent_of_the_database(
    make_app: Callable[..., App], cost: Callable
) -> None:
    app = make_app(make_client(first_party=True), consented="")
    app.sign_in()
    app.code()
    with cost() as spent:
        app.code()
    assert spent == {"reads": 2, "writes": 2}


def test_a_code_exchange(app: App, cost: Callable) -> None:
    app.tokens()
    code = app.code()
    with cost() as spent:
        app.redeem(code)
    # The app's revision, and the grant with all that is checked; the one UPDATE that decides.
    assert spent == {"reads": 2, "writes": 1, "signatures": 2}


def test_a_refresh(app: App, cost: Callable) -> None:
    tokens = app.tokens()
    with cost() as spent:
        app.refresh(tokens["refresh_token"])
    assert spent == {"reads": 2, "writes": 1, "signatures": 2}


def test_a_machines_token(make_app: Callable[..., App], cost: Callable) -> None:
    machine = make_app(make_client(grant_types=["client_credentials"], scopes=["a"]))
    machine.token(grant_type="client_credentials")
    with cost() as spent:
        machine.token(grant_type="client_credentials")
    assert spent == {"reads": 1, "signatures": 1}


def test_a_machines_token_by_a_signed_assertion(signing_keys: None, cost: Callable) -> None:
    client = make_signing_client(grant_types=["client_credentials"], scopes=["a"])
    machine = SigningApp(client, secret="-")
    machine.token(grant_type="client_credentials")
    with cost() as spent:
        machine.token(grant_type="client_credentials")
    # The one INSERT says whether the assertion is new.
    assert spent == {"reads": 1, "writes": 1, "signatures": 1}


def test_a_pushed_request_and_the_way_through_it(app: App, cost: Callable) -> None:
    params = {name: value for name, value in app.request().items() if name != "client_id"}
    app.post("/oauth2/par", params)
    with cost() as spent:
        pushed = app.post("/oauth2/par", params).json()["request_uri"]
    assert spent == {"reads": 2, "writes": 1}
    with cost() as spent:
        response = app.browser.get(
            "/oauth2/authorize", {"client_id": app.client.client_id, "request_uri": pushed}
        )
    assert "code=" in response["Location"]
    # As a plain one, and the app, the request, and its end.
    assert spent == {"reads": 5, "writes": 3}


def test_userinfo_and_introspection(app: App, cost: Callable) -> None:
    token = app.tokens()["access_token"]
    with cost() as spent:
        app.userinfo(token)
    assert spent == {"reads": 2}
    with cost() as spent:
        app.introspect(token)
    assert spent == {"reads": 3}


def test_groups_cost_one_read_more_and_only_who_asks_for_them(app: App, cost: Callable) -> None:
    token = app.tokens(scope="openid groups")["access_token"]
    with cost() as spent:
        app.userinfo(token)
    assert spent == {"reads": 3}


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/.well-known/openid-configuration"])
def test_what_everybody_fetches_costs_nothing(app: App, cost: Callable, path: str) -> None:
    Browser().get(path)
    with cost() as spent:
        Browser().get(path)
    assert spent == {}


def test_a_refusal_writes_its_trace_and_nothing_else(app: App, cost: Callable) -> None:
    code = app.code()
    with cost() as spent:
        app.redeem(code, code_verifier="w" * 43)
    assert spent == {"reads": 2, "writes": 1}
    assert Grant.objects.get().redeemed_at is None


def test_a_proof_costs_one_write_where_it_is_shown(app: App, cost: Callable) -> None:
    """DPoP: the INSERT that makes it good once. A request without a proof is pinned above, and pays nothing."""
    app.tokens()
    holder, code = Holder(), app.code()
    params = {"grant_type": "authorization_code", "code": code, "redirect_uri": app.client.redirect_uris[0]}
    proof = {"HTTP_DPOP": holder.proof()}
    with cost() as spent:
        body = app.post("/oauth2/token", {**params, "code_verifier": VERIFIER}, **proof).json()
    assert spent == {"reads": 2, "writes": 2, "signatures": 2}
    headers = holder.at_userinfo(body["access_token"])
    with cost() as spent:
        assert Browser().get("/oauth2/userinfo", **headers).status_code == 200
    assert spent == {"reads": 2, "writes": 1}
