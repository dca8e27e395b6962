"""Request objects as plain OpenID Connect has them, for apps that an admin lets send such (Core 6.1; S-051, S-054)."""

from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils import timezone

from idp.authorization import request_object
from idp.clients import remote_keys
from idp.clients.risks import risks
from idp.outbound import Fetched
from tests.idp.app import answer
from tests.idp.endpoints.test_request_objects import ask, now, signed_in
from tests.idp.signing_app import SigningApp, key_set, sign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(signing_keys: None) -> None:
    remote_keys.forget()


@pytest.fixture
def app() -> SigningApp:
    return signed_in(lenient_request_objects=True)


def unsigned(app: SigningApp, **changes: Any) -> str:
    claims = {**app.request(), **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, None, "none")


def test_one_that_nobody_signed_counts_as_one_that_the_app_signed(app: SigningApp) -> None:
    found = answer(ask(app, unsigned(app, state="inside"), state="outside"))
    assert found["state"] == "inside"
    assert "code" in found


def test_one_that_names_app_and_server_is_good_too(app: SigningApp) -> None:
    said = {"iss": app.client.client_id, "aud": [settings.ISSUER], "exp": now() + 60, "nbf": now()}
    assert "code" in answer(ask(app, unsigned(app, **said)))


def test_a_signed_one_may_do_without_an_end(app: SigningApp) -> None:
    assert "code" in answer(ask(app, app.request_object(exp=None, nbf=None)))


def test_it_may_be_fetched(app: SigningApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app.client.jwks, app.client.token_endpoint_auth_method = None, "client_secret_basic"
    app.client.request_uris = ["https://app.example/request.jwt"]
    app.client.full_clean()
    app.client.save()
    body = unsigned(app).encode()
    monkeypatch.setattr(
        request_object.outbound, "fetch_for_strangers", lambda url: Fetched(200, "application/jose", body)
    )
    asked = {"client_id": app.client.client_id, "request_uri": "https://app.example/request.jwt"}
    assert "code" in answer(app.browser.get("/oauth2/authorize", asked))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"},
        {"aud": "https://another.example"},
        {"aud": [{}]},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**20},
        {"nbf": []},
        {"sub": "alice"},
        {"client_id": "another"},
        {"response_type": "id_token"},
        {"request_uri": "https://app.example/request.jwt"},
    ],
    ids=str,
)
def test_an_unsigned_one_that_contradicts_itself_is_refused(app: SigningApp, changes: dict[str, Any]) -> None:
    outside = {"redirect_uri": app.request()["redirect_uri"]}
    assert answer(ask(app, unsigned(app, **changes), **outside))["error"] == "invalid_request_object"


def test_s_051_a_signature_beside_alg_none_is_refused(app: SigningApp) -> None:
    outside = {"redirect_uri": app.request()["redirect_uri"]}
    signature = sign({}).rsplit(".", 1)[1]
    assert answer(ask(app, unsigned(app) + signature, **outside))["error"] == "invalid_request_object"


@pytest.mark.parametrize(
    "fields", [{"lenient_request_objects": False}, {"request_object_signing_alg": "ES256"}], ids=str
)
def test_s_051_none_is_refused_of_whom_no_admin_let_and_of_whom_agreed_on_an_algorithm(
    fields: dict[str, Any],
) -> None:
    app = signed_in(**{"lenient_request_objects": True, **fields})
    outside = {"redirect_uri": app.request()["redirect_uri"]}
    expected = "invalid_request_object" if "request_object_signing_alg" in fields else "request_not_supported"
    assert answer(ask(app, unsigned(app), **outside))["error"] == expected


def test_s_054_an_end_that_has_passed_is_refused_all_the_same(app: SigningApp) -> None:
    outside = {"redirect_uri": app.request()["redirect_uri"]}
    found = answer(ask(app, app.request_object(exp=now() - 120, nbf=None), **outside))
    assert found["error"] == "invalid_request_object"


def test_the_admin_reads_it_as_a_risk(app: SigningApp) -> None:
    assert any("neither a signature nor an end" in risk for risk in risks(app.client, timezone.now()))


def test_it_does_not_go_with_having_to_sign() -> None:
    app = signed_in(jwks=key_set())
    app.client.require_signed_request_object = app.client.lenient_request_objects = True
    assert "lenient_request_objects" in app.client.key_problems("private_key_jwt")
