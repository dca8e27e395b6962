"""openid-client, by the module that docs/apps/openid-client.md prints."""

from collections.abc import Iterator

import pytest

from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.relying_parties.page import APP, Page
from tests.relying_parties.printed_module import PrintedModule

pytestmark = pytest.mark.node


@pytest.fixture
def app(live: Server, tmp_path) -> Iterator[PrintedModule]:
    page = Page("openid-client", live)
    secret = page.register()["client_secret"]
    # Plain http, as here, is for this machine only, so the library wants to be told.
    told = f"'{secret}', undefined, {{ execute: [client.allowInsecureRequests] }})"
    with PrintedModule(tmp_path, page.block("js").replace(f"'{secret}')", told)) as app:
        yield app


def test_the_app_knows_who_signed_in(app, alice):
    begun = app.call("begin")
    arrival = Visitor(alice).authorize(begun["address"], f"{APP}/callback")
    assert app.call("finish", begun["kept"], arrival.url)["sub"] == alice.sub


def test_an_answer_to_another_question_is_refused(app, alice):
    kept = app.call("begin")["kept"]
    arrival = Visitor(alice).authorize(app.call("begin")["address"], f"{APP}/callback")
    assert app.call("finish", kept, arrival.url) == "OAUTH_INVALID_RESPONSE"
