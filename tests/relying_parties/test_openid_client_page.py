"""openid-client, by the module that docs/apps/openid-client.md prints, jose for its logout tokens."""

import secrets
import time
from collections.abc import Iterator

import jwt
import pytest

from tests.conftest import MakeServer
from tests.idp.logout.receiver import Receiver
from tests.live.server import Person, Server
from tests.live.visitor import Visitor, forms
from tests.relying_parties.page import Page
from tests.relying_parties.parts import CHANGES, altered
from tests.relying_parties.printed_module import PrintedModule

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def server(make_server: MakeServer) -> Server:
    return make_server(IDP_FETCH_NETWORKS="127.0.0.0/8")


@pytest.fixture
def alice(server: Server) -> Person:
    return server.user(f"alice-{secrets.token_hex(3)}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The app's own site, as far as Signet sees it."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def site(receiver: Receiver) -> str:
    return f"http://127.0.0.1:{receiver.port}"


@pytest.fixture
def app(server: Server, site: str, tmp_path) -> Iterator[PrintedModule]:
    page = Page("openid-client", server, site)
    secret = page.register()["client_secret"]
    # Plain http, as here, is for this machine only, so the library wants to be told.
    told = f"'{secret}', undefined, {{ execute: [client.allowInsecureRequests] }})"
    with PrintedModule(tmp_path, page.block("js").replace(f"'{secret}')", told)) as app:
        app.registration = page.registration
        yield app


def signed_in(app: PrintedModule, person: Person, site: str) -> tuple[Visitor, object]:
    begun, visitor = app.call("begin"), Visitor(person)
    arrival = visitor.authorize(begun["address"], f"{site}/callback")
    return visitor, app.call("finish", begun["kept"], arrival.url)


def test_the_app_knows_who_signed_in(app, alice, site):
    assert signed_in(app, alice, site)[1]["sub"] == alice.sub


def test_an_answer_to_another_question_is_refused(app, alice, site):
    kept = app.call("begin")["kept"]
    arrival = Visitor(alice).authorize(app.call("begin")["address"], f"{site}/callback")
    assert app.call("finish", kept, arrival.url) == "OAUTH_INVALID_RESPONSE"


def test_it_hears_of_a_sign_out_at_signet_and_of_nothing_else(server, app, alice, site, receiver):
    visitor, _ = signed_in(app, alice, site)
    page = visitor.session.get(f"{server.url}/logout", timeout=30)
    form = next(form for form in forms(page) if form.action.endswith("/logout"))
    visitor.session.post(form.action, form.fields, timeout=30)
    until = time.monotonic() + 20
    while not receiver.requests:
        assert time.monotonic() < until, "the app was not told"
        time.sleep(0.1)
    assert receiver.requests[0]["path"] == "/signed-out"
    [token] = receiver.tokens
    assert app.call("signedOut", token) == receiver.sids[0]
    for part in CHANGES:
        assert str(app.call("signedOut", altered(token, part))).startswith("ERR_J")


def test_an_id_token_signs_nobody_out(server, app, alice, site):
    """It is signed by the same key, and for the same app."""
    begun = app.call("begin")
    arrival = Visitor(alice).authorize(begun["address"], f"{site}/callback")
    form = {
        "grant_type": "authorization_code",
        "code": arrival.parameters["code"],
        "redirect_uri": f"{site}/callback",
        "code_verifier": begun["kept"]["pkceCodeVerifier"],
        "client_id": app.registration["client_id"],
        "client_secret": app.registration["client_secret"],
    }
    answer = server.post("/oauth2/token", form)
    id_token = answer.json()["id_token"]
    assert jwt.decode(id_token, options={"verify_signature": False})["aud"] == form["client_id"]
    assert str(app.call("signedOut", id_token)).startswith("ERR_J")
