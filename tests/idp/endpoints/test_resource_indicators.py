"""Resource indicators (RFC 8707): what a token is for, who may ask, and what a repeated parameter may do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone

from idp.models import Api, Consent, Grant, SavedRequest
from tests.idp.app import App, answer, decoded, location, make_client, verified

WIKI, MAIL = "https://wiki.example/api", "https://mail.example/"
SCOPES = ["openid", "profile", "offline_access", "wiki:read", "wiki:write", "mail:send"]
ALL = " ".join(SCOPES)
OWN = settings.ISSUER


def make_api(identifier: str, *scopes: str, **fields: Any) -> Api:
    return Api.objects.create(identifier=identifier, name=f"API {identifier}", scopes=list(scopes), **fields)


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    """May ask for both APIs, and Alice has agreed to it."""
    make_api(WIKI, "wiki:read", "wiki:write", access_token_seconds=60)
    make_api(MAIL, "mail:send")
    made = make_app(make_client(scopes=SCOPES, resources=[WIKI, MAIL]), consented=ALL)
    Consent.objects.update(claims=f"{WIKI} {MAIL}")
    made.sign_in()
    return made


def authorize(app: App, *resources: str, **changes: Any) -> Any:
    params = [*app.request(**{"scope": ALL, **changes}).items(), *(("resource", name) for name in resources)]
    return app.browser.get(f"/oauth2/authorize?{urlencode(params, quote_via=quote)}")


def tokens(app: App, *resources: str, at_token: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    code = answer(authorize(app, *resources, **changes))["code"]
    response = app.redeem(code, resource=at_token)
    assert response.status_code == 200, response.content
    return response.json()


def test_without_a_resource_everything_is_as_ever(app: App) -> None:
    found = tokens(app)
    claims = decoded(found["access_token"])
    assert (claims["aud"], claims["scope"]) == ([OWN], ALL)
    assert found["expires_in"] == 600


def test_a_token_names_what_was_asked_for_and_carries_its_scopes_only(app: App) -> None:
    found = tokens(app, WIKI)
    claims = verified(found["access_token"], WIKI)
    assert (claims["aud"], claims["scope"]) == ([WIKI], "wiki:read wiki:write")
    assert claims["exp"] - claims["iat"] == found["expires_in"] == 60
    assert found["scope"] == "wiki:read wiki:write"
    assert verified(found["id_token"], app.client.client_id)["sub"] == claims["sub"]


def test_several_are_in_one_token_that_lives_as_the_most_careful_says(app: App) -> None:
    found = tokens(app, MAIL, WIKI)
    assert decoded(found["access_token"])["aud"] == [MAIL, WIKI]
    assert set(found["scope"].split()) == {"wiki:read", "wiki:write", "mail:send"}
    assert found["expires_in"] == 60


@pytest.mark.parametrize("own", [OWN, f"{OWN}/oauth2/userinfo"])
def test_userinfo_opens_for_who_asked_for_it_and_for_nobody_else(app: App, own: str) -> None:
    assert app.userinfo(tokens(app, WIKI)["access_token"]).status_code == 401
    with_it = tokens(app, WIKI, own)
    assert app.userinfo(with_it["access_token"]).json()["sub"] == str(app.user.pk)
    assert {"openid", "wiki:read"} <= set(with_it["scope"].split())


def test_a_code_may_be_redeemed_for_fewer(app: App) -> None:
    assert decoded(tokens(app, WIKI, MAIL, at_token=[MAIL])["access_token"])["aud"] == [MAIL]


def test_a_refresh_may_narrow_and_a_later_one_have_all_again(app: App) -> None:
    found = tokens(app, WIKI, MAIL)
    narrow = app.refresh(found["refresh_token"], resource=WIKI).json()
    assert decoded(narrow["access_token"])["aud"] == [WIKI]
    assert narrow["scope"] == "wiki:read wiki:write"
    wide = app.refresh(narrow["refresh_token"], resource=[WIKI, MAIL]).json()
    assert decoded(wide["access_token"])["aud"] == [WIKI, MAIL]
    assert decoded(app.refresh(wide["refresh_token"]).json()["access_token"])["aud"] == [WIKI, MAIL]


@pytest.mark.parametrize("more", [[MAIL], [WIKI, MAIL], ["https://nobody.example"], ["nonsense"], [OWN]])
def test_more_than_was_granted_is_refused_and_spends_nothing(app: App, more: list[str]) -> None:
    code = answer(authorize(app, WIKI))["code"]
    assert app.redeem(code, resource=more).json()["error"] == "invalid_target"
    found = app.redeem(code).json()
    assert app.refresh(found["refresh_token"], resource=more).json()["error"] == "invalid_target"
    assert Grant.objects.get().generation == 0
    assert app.refresh(found["refresh_token"]).status_code == 200


def test_a_grant_without_resources_gives_none_later(app: App) -> None:
    """Alice was not asked for it."""
    assert app.redeem(app.code(), resource=WIKI).json()["error"] == "invalid_target"


REFUSED = {
    "not for this app": ["https://secret.example"],
    "unknown": ["https://nobody.example"],
    "switched off": ["https://off.example"],
    "one of two": [WIKI, "https://nobody.example"],
    "relative": ["/api"],
    "a host": ["wiki.example"],
    "with a fragment": [f"{WIKI}#x"],
    "too long": ["https://wiki.example/" + "a" * 300],
    "too many": [f"https://wiki.example/{number}" for number in range(11)],
    "nearly": [f"{WIKI}/"],
    "in other letters": [WIKI.upper()],
}


@pytest.mark.parametrize("resources", REFUSED.values(), ids=REFUSED.keys())
def test_invalid_target_goes_to_the_app(app: App, resources: list[str]) -> None:
    make_api("https://secret.example")
    make_api("https://off.example", enabled=False, open_to_all=True)
    found = answer(authorize(app, *resources))
    assert found["error"] == "invalid_target"
    assert not any(name in found["error_description"] for name in resources)


def test_an_api_for_every_app_needs_no_permission_of_its_own(app: App, make_app: Callable[..., App]) -> None:
    make_api("https://mcp.example", open_to_all=True)
    stranger = make_app(make_client(name="MCP client", first_party=True))
    stranger.sign_in()
    found = tokens(stranger, "https://mcp.example", scope="openid")
    assert decoded(found["access_token"])["aud"] == ["https://mcp.example"]
    assert decoded(found["access_token"])["scope"] == ""


def test_people_are_asked_before_an_app_uses_an_api_for_them(app: App) -> None:
    Consent.objects.update(claims=WIKI)
    assert "code" in answer(authorize(app, WIKI))
    page = location(authorize(app, MAIL))
    shown = app.browser.get(page).content.decode()
    assert f"Use API {MAIL} for you" in shown
    waiting = SavedRequest.objects.get()
    session = Grant.objects.latest("created_at").session_id
    app.browser.post(page, {"decision": "allow", "sid": session})
    assert "code" in answer(app.browser.get(f"/oauth2/authorize/{waiting.pk}"))
    assert "code" in answer(authorize(app, MAIL))
    assert f"use API {MAIL} for you" in app.browser.get("/account/apps").content.decode()


def test_several_survive_the_wait_for_a_person(app: App) -> None:
    assert "again=1" in location(authorize(app, WIKI, MAIL, prompt="login"))
    waiting = SavedRequest.objects.get()
    app.sign_in(now=timezone.now() + timedelta(seconds=2))
    code = answer(app.browser.get(f"/oauth2/authorize/{waiting.pk}"))["code"]
    assert decoded(app.redeem(code).json()["access_token"])["aud"] == [WIKI, MAIL]


def test_s_032_what_an_admin_takes_back_is_refused_at_the_next_refresh_and_spends_nothing(app: App) -> None:
    found = tokens(app, WIKI, MAIL)
    Api.objects.filter(identifier=WIKI).update(enabled=False)
    assert app.refresh(found["refresh_token"]).json()["error"] == "invalid_target"
    assert app.refresh(found["refresh_token"], resource=MAIL).status_code == 200


def test_apis_that_read_different_signatures_get_a_token_each(app: App) -> None:
    Api.objects.filter(identifier=MAIL).update(access_token_signed_response_alg="ES256")
    assert answer(authorize(app, WIKI, MAIL))["error"] == "invalid_target"


def test_an_app_by_the_name_of_the_api_may_introspect(app: App, make_app: Callable[..., App]) -> None:
    api = make_app(make_client(name="Wiki API", client_id=WIKI))
    assert api.introspect(tokens(app, WIKI)["access_token"])["active"] is True
    assert api.introspect(tokens(app, MAIL)["access_token"]) == {"active": False}


# --- Machines ------------------------------------------------------------------------------------------


@pytest.fixture
def machine(make_app: Callable[..., App]) -> App:
    make_api(WIKI, "wiki:read", "wiki:write")
    make_api(MAIL, "mail:send")
    fields = {"grant_types": ["client_credentials"], "scopes": ["wiki:read", "mail:send"]}
    return make_app(make_client(resources=[WIKI, MAIL], **fields))


def test_a_machine_gets_the_scopes_of_what_it_asks_for(machine: App) -> None:
    found = machine.token(grant_type="client_credentials", resource=WIKI).json()
    assert (decoded(found["access_token"])["aud"], found["scope"]) == ([WIKI], "wiki:read")
    both = machine.token(grant_type="client_credentials", resource=[WIKI, MAIL]).json()
    assert both["scope"] == "wiki:read mail:send"
    asked = {"grant_type": "client_credentials", "resource": WIKI, "scope": "mail:send"}
    assert machine.token(**asked).json()["error"] == "invalid_scope"
    unknown = machine.token(grant_type="client_credentials", resource="https://nobody.example")
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_target")


# --- PAR, and S-010 ------------------------------------------------------------------------------------


def test_a_pushed_request_may_name_several(app: App) -> None:
    pushed = app.post("/oauth2/par", {**app.request(scope=ALL), "resource": [WIKI, MAIL]}).json()
    query = urlencode({"client_id": app.client.client_id, "request_uri": pushed["request_uri"]})
    code = answer(app.browser.get(f"/oauth2/authorize?{query}"))["code"]
    assert decoded(app.redeem(code).json()["access_token"])["aud"] == [WIKI, MAIL]
    refused = app.post("/oauth2/par", {**app.request(scope=ALL), "resource": [WIKI, "/api"]})
    assert refused.json()["error"] == "invalid_target"


@pytest.mark.parametrize(
    "path", ["/oauth2/introspect", "/oauth2/revoke", "/oauth2/device_authorization", "/oauth2/userinfo"]
)
def test_s_010_resource_is_repeated_nowhere_else(app: App, path: str) -> None:
    params = {"token": "x", "resource": [WIKI, MAIL]}
    assert app.post(path, params).json()["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["scope", "state", "client_id", "audience"])
def test_s_010_nothing_else_is_repeated_beside_it(app: App, name: str) -> None:
    params = {**app.request(), "resource": [WIKI, MAIL]}
    sent = {**params, name: ["a", "b"]}
    assert app.post("/oauth2/par", sent).json()["error"] == "invalid_request"
    query = urlencode(
        [*app.request().items(), ("resource", WIKI), ("resource", MAIL), (name, "b"), (name, "c")]
    )
    response = Browser().get(f"/oauth2/authorize?{query}")
    assert response.status_code == 400 or "invalid_request" in response["Location"]


def test_a_resource_costs_one_read_where_it_is_named_and_nothing_elsewhere(
    app: App, django_assert_num_queries: Callable[[int], Any]
) -> None:
    tokens(app, WIKI)
    code = answer(authorize(app, WIKI))["code"]
    with django_assert_num_queries(4):  # a code exchange has three, see test_costs
        app.redeem(code)
