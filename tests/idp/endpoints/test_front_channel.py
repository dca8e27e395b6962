"""Tokens through the browser: for apps that an admin switched them on for, and never by the query (S-017)."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone

from idp.management.commands.purge import dead
from idp.models import Grant
from idp.protocol import response_types
from keys import ring, rotation
from tests.idp.app import App, answer, make_client, verified
from tests.idp.flow import Flow, half_hash, read_answer

pytestmark = pytest.mark.usefixtures("signing_keys")
FRONT = response_types.FRONT_CHANNEL


@pytest.mark.parametrize("response_type", FRONT)
def test_s_017_off_unless_switched_on_and_the_error_stays_out_of_the_query(
    app: App, response_type: str
) -> None:
    for mode in (None, "query"):
        response = app.authorize(response_type=response_type, response_mode=mode)
        assert answer(response)["error"] == "unsupported_response_type"
        assert not urlsplit(response["Location"]).query


@pytest.mark.parametrize("response_type", FRONT)
@pytest.mark.parametrize("mode", ["query", "query.jwt"])
def test_a_token_by_the_query_is_refused(response_type: str, mode: str) -> None:
    response = Flow(response_type).authorize(response_mode=mode)
    parts = urlsplit(response["Location"])
    assert parts.fragment
    assert not parts.query
    assert not Grant.objects.exists()


@pytest.mark.parametrize("response_type", ["token", "none", "code token token"])
def test_what_we_do_not_serve_can_not_be_switched_on(response_type: str) -> None:
    flow = Flow("id_token token")
    flow.app.client.response_types = [response_type]
    flow.app.client.save()
    refused = read_answer(flow.authorize(response_type=response_type))[1]
    assert refused["error"] == "unsupported_response_type"


@pytest.mark.parametrize("response_type", FRONT)
def test_one_grant_a_sign_in(response_type: str) -> None:
    Flow(response_type).sign_in()
    assert Grant.objects.count() == 1


@pytest.mark.parametrize("response_type", [name for name in FRONT if "id_token" in name.split()])
def test_an_id_token_needs_openid_and_a_nonce(response_type: str) -> None:
    flow = Flow(response_type)
    assert flow.ask(scope="profile")["error"] == "invalid_request"
    assert flow.ask(nonce=None)["error"] == "invalid_request"


def test_pkce_is_asked_for_where_there_is_a_code_only() -> None:
    without = {"code_challenge": None, "code_challenge_method": None}
    assert Flow("code id_token").ask(**without)["error"] == "invalid_request"
    assert "id_token" in Flow("id_token").ask(**without)


def test_claims_wait_at_userinfo_where_it_can_be_asked() -> None:
    assert "email" in Flow("id_token").sign_in().front
    assert "email" in Flow("id_token", fields={"lean_id_token": True}).sign_in().front
    for kind in ("id_token token", "code id_token", "code id_token token"):
        found = Flow(kind).sign_in()
        assert "email" not in found.front
        assert "email" in found.userinfo


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "EdDSA"])
def test_hashes_go_with_the_algorithm(algorithm: str, settings: Any) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", algorithm]
    rotation.ensure_schedule(timezone.now())
    ring.forget()
    flow = Flow("code id_token token", fields={"id_token_signed_response_alg": algorithm})
    found = flow.ask()
    claims = verified(found["id_token"], flow.app.client.client_id)
    for name, source in (("at_hash", "access_token"), ("c_hash", "code"), ("s_hash", "state")):
        assert claims[name] == half_hash(found[source], algorithm)


def test_without_a_code_nothing_is_offline_and_nothing_can_be_redeemed() -> None:
    flow = Flow("id_token token")
    found = flow.ask(scope="openid offline_access")
    assert found["scope"] == "openid"
    grant = Grant.objects.get()
    assert not grant.is_offline
    assert flow.app.redeem(f"{grant.pk}.").status_code == 400
    assert flow.app.redeem(f"{grant.pk}.x").status_code == 400


def test_s_111_a_token_of_the_front_channel_dies_with_its_session() -> None:
    flow = Flow("id_token token")
    token = flow.ask()["access_token"]
    assert flow.app.userinfo(token).status_code == 200
    flow.app.user.sessions.update(ended_at=timezone.now())
    assert flow.app.userinfo(token).status_code == 401


def test_s_024_a_replayed_code_ends_the_token_that_came_beside_it() -> None:
    flow = Flow("code token")
    found = flow.ask()
    flow.app.redeem(found["code"])
    flow.app.redeem(found["code"])
    assert flow.app.userinfo(found["access_token"]).status_code == 401


def test_purge_leaves_a_grant_without_a_code_alone_while_its_session_lives() -> None:
    Flow("id_token").ask()
    assert not dead(timezone.now() + timedelta(days=2))["grants"].exists()


def test_an_app_that_may_not_redeem_codes_is_sent_none() -> None:
    flow = Flow("code id_token", fields={"grant_types": ["implicit"]})
    assert flow.ask()["error"] == "unauthorized_client"


def test_tokens_bound_to_a_key_do_not_go_through_the_browser() -> None:
    flow = Flow("code token", fields={"dpop_bound_access_tokens": True})
    assert flow.ask()["error"] == "unauthorized_client"


def test_every_response_type_and_mode_that_is_advertised_works() -> None:
    document = Browser().get("/.well-known/openid-configuration").json()
    assert "implicit" in document["grant_types_supported"]
    for response_type in document["response_types_supported"]:
        for mode in document["response_modes_supported"]:
            flow = Flow(response_type)
            response = flow.authorize(response_mode=mode)
            refused = mode.startswith("query") and response_type != "code"
            where, found = read_answer(response)
            assert where == ("fragment" if refused else _transport(mode, response_type))
            assert ("response" in found) == ("jwt" in mode)
            assert ("error" in found) == (refused and "jwt" not in mode)


def _transport(mode: str, response_type: str) -> str:
    if mode == "jwt":
        return "query" if response_type == "code" else "fragment"
    return mode.removesuffix(".jwt")


def test_a_denied_consent_is_told_in_the_fragment() -> None:
    flow = Flow("id_token token")
    flow.app.client.first_party = False
    page = flow.authorize(prompt="consent")["Location"]
    sid = flow.app.user.sessions.get().sid
    response = flow.app.browser.post(page, {"decision": "deny", "sid": sid})
    assert read_answer(response) == ("fragment", answer(response))
    assert answer(response)["error"] == "access_denied"


def test_the_app_that_asks_for_a_code_alone_is_as_before(app: App) -> None:
    assert set(answer(app.authorize())) == {"code", "state", "iss"}
    assert make_client().response_types == ["code"]
