"""Apps that register and manage themselves (RFC 7591, RFC 7592; S-120 to S-122)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from accounts.models import AuditEvent
from idp.clients import kept_tokens, registration_tokens
from idp.clients.risks import risks
from idp.management.commands import purge
from idp.models import Client, ClientSecret, Consent, Grant, RegistrationToken
from tests.idp.app import CALLBACK, App, location, make_client

pytestmark = pytest.mark.django_db
PATH = "/oauth2/register"


def document(**changes: Any) -> dict[str, Any]:
    said = {"client_name": "Kanban", "redirect_uris": [CALLBACK], **changes}
    return {name: value for name, value in said.items() if value is not ...}


def send(method: str, path: str, body: Any = None, token: str = "", **extra: Any) -> HttpResponse:
    extra.setdefault("content_type", "application/json")
    if token:
        extra["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return Browser().generic(method, path, data, **extra)


def register(token: str = "", **changes: Any) -> HttpResponse:
    return send("POST", PATH, document(**changes), token)


@pytest.fixture
def is_open(settings: Any) -> None:
    settings.REGISTRATION = "open"


@pytest.fixture
def by_token(settings: Any) -> None:
    settings.REGISTRATION = "token"


@pytest.fixture
def registered(is_open: None) -> dict[str, Any]:
    response = register(scope="openid email", grant_types=["authorization_code", "refresh_token"])
    assert response.status_code == 201, response.content
    return response.json()


def made(uses: int = 1, **fields: Any) -> tuple[RegistrationToken, str]:
    now = timezone.now()
    fields = {"note": "the build server", "expires_at": now + timedelta(hours=1), **fields}
    token = RegistrationToken(uses=uses, **fields)
    return token, registration_tokens.seal(token, now=now)


def manage(method: str, app: dict[str, Any], body: Any = None, token: str | None = None) -> HttpResponse:
    path = f"{PATH}/{app['client_id']}"
    return send(method, path, body, app["registration_access_token"] if token is None else token)


# --- Who may register -------------------------------------------------------------------------------


def test_s_120_registration_is_closed_by_default() -> None:
    response = register()
    assert (response.status_code, response.json()["error"]) == (403, "access_denied")
    assert not Client.objects.exists()
    assert "registration_endpoint" not in Browser().get("/.well-known/openid-configuration").json()


@pytest.mark.parametrize("mode", ["token", "open"])
def test_discovery_names_the_endpoint_where_there_is_one(settings: Any, mode: str) -> None:
    settings.REGISTRATION = mode
    found = Browser().get("/.well-known/openid-configuration").json()
    assert found["registration_endpoint"] == f"{settings.ISSUER}{PATH}"


def test_a_token_is_good_for_its_uses_and_no_more(by_token: None) -> None:
    _, value = made(uses=2)
    assert [register(value).status_code for _ in range(3)] == [201, 201, 401]
    assert Client.objects.count() == 2


@pytest.mark.parametrize("token", ["", "nonsense", "é", "x" * 3000])
def test_without_a_live_token_nobody_registers(by_token: None, token: str) -> None:
    response = register(token.encode().decode("latin-1"))
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer ")
    assert not Client.objects.exists()


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_token_that_ended_registers_nothing(by_token: None, end: str) -> None:
    token, value = made(expires_at=timezone.now() - timedelta(seconds=1)) if end == "expired" else made()
    if end == "revoked":
        kept_tokens.revoke(token, now=timezone.now())
    response = register(value)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


WHOLE = {
    "response_types": ["code id_token", "id_token token"],
    "grant_types": ["authorization_code", "implicit"],
    "request_uris": ["https://app.example/request.jwt"],
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks_uri": "https://app.example/jwks.json",
}


def test_a_token_for_all_of_openid_connect_gives_what_only_an_admin_may_give(by_token: None) -> None:
    _, value = made(openid_connect=True)
    response = register(value, **WHOLE)
    assert response.status_code == 201, response.content
    assert WHOLE.items() <= response.json().items()
    client = Client.objects.get()
    assert not client.require_pkce
    assert client.lenient_assertions
    assert client.lenient_request_objects
    assert {"address", "phone"} <= set(client.scopes)
    assert len(risks(client, timezone.now())) >= 6  # each of it is a warning of its own


def test_s_120_without_it_the_same_document_gets_none_of_that(by_token: None) -> None:
    _, value = made()
    assert register(value, **WHOLE).json()["error"] == "invalid_client_metadata"
    plain = {**WHOLE, "response_types": ["code"], "grant_types": ["authorization_code"]}
    assert "request_uris" not in register(value, **plain).json()
    client = Client.objects.get()
    assert client.require_pkce
    assert not client.lenient_assertions
    assert not client.lenient_request_objects


@pytest.mark.parametrize("openid_connect", [True, False])
def test_s_020_a_public_app_keeps_pkce_whatever_its_token(by_token: None, openid_connect: bool) -> None:
    _, value = made(openid_connect=openid_connect)
    assert register(value, token_endpoint_auth_method="none").status_code == 201
    assert Client.objects.get().require_pkce


def test_s_120_such_a_token_gives_no_grant_for_machines_and_no_extension(by_token: None) -> None:
    _, value = made(openid_connect=True, uses=2)
    assert register(value, grant_types=["client_credentials"]).status_code == 400
    assert register(value, signet_first_party=True).status_code == 201
    assert not Client.objects.get().first_party


def test_a_refused_document_spends_no_use(by_token: None) -> None:
    token, value = made()
    assert register(value, redirect_uris=["nonsense"]).status_code == 400
    token.refresh_from_db()
    assert token.used == 0
    assert register(value).status_code == 201


def test_where_everybody_may_a_bad_token_is_still_refused(is_open: None) -> None:
    assert register("nonsense").status_code == 401


def test_s_120_open_registration_is_limited_per_block_of_addresses(is_open: None) -> None:
    def attempt(address: str) -> HttpResponse:
        return send("POST", PATH, document(), REMOTE_ADDR=address)

    answers = [attempt(f"198.51.100.{n}") for n in range(12)]
    assert answers[0].status_code == 201
    assert (answers[-1].status_code, int(answers[-1]["Retry-After"]) > 0) == (429, True)
    assert attempt("203.0.113.1").status_code == 201


def test_initial_and_management_tokens_are_kept_as_digests_only(by_token: None) -> None:
    _, value = made()
    app = register(value).json()
    rows = f"{RegistrationToken.objects.values()} {Client.objects.values()} {AuditEvent.objects.values()}"
    for secret in (value, app["registration_access_token"], app["client_secret"]):
        assert secret not in rows


# --- What is registered -----------------------------------------------------------------------------


def test_the_answer_is_the_whole_registration(registered: dict[str, Any], settings: Any) -> None:
    assert registered["client_name"] == "Kanban"
    assert registered["redirect_uris"] == [CALLBACK]
    assert registered["token_endpoint_auth_method"] == "client_secret_basic"
    assert registered["client_secret_expires_at"] == 0
    assert registered["registration_client_uri"] == f"{settings.ISSUER}{PATH}/{registered['client_id']}"


def test_the_answer_is_created_json_that_nobody_keeps(is_open: None) -> None:
    response = register()
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert response["Access-Control-Allow-Origin"] == "*"


def test_s_120_an_app_that_registered_itself_is_marked_and_named_as_a_risk(
    registered: dict[str, Any],
) -> None:
    client = Client.objects.get()
    assert client.self_registered
    assert not client.first_party
    assert any("registered itself" in words for words in risks(client, timezone.now()))


def test_s_121_what_only_an_admin_may_give_is_not_heard(is_open: None) -> None:
    app = register(
        signet_first_party=True,
        signet_require_pkce=False,
        signet_audiences=["https://api.example"],
        self_registered=False,
        client_id="admin",
        scope="openid admin",
    ).json()
    client = Client.objects.get()
    assert (client.first_party, client.require_pkce, client.audiences) == (False, True, [])
    assert client.self_registered
    assert app["client_id"] != "admin"
    assert app["scope"] == "openid"


# The module names are those of the OpenID Foundation's dynamic plan, with what each asserts here.
REFUSED = {
    "redirect-uri-regfrag": ({"redirect_uris": [f"{CALLBACK}#fragment"]}, "invalid_redirect_uri"),
    "no redirect_uris": ({"redirect_uris": ...}, "invalid_redirect_uri"),
    "empty redirect_uris": ({"redirect_uris": []}, "invalid_redirect_uri"),
    "S-004 script": ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    "S-004 unparsable": ({"redirect_uris": ["https://[x]/cb"]}, "invalid_redirect_uri"),
    "S-004 http": ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri"),
    "S-121 too many": (
        {"redirect_uris": [f"https://app.example/{n}" for n in range(21)]},
        "invalid_redirect_uri",
    ),
    "S-121 too long": ({"redirect_uris": ["https://app.example/" + "x" * 2048]}, "invalid_redirect_uri"),
    "S-121 wrong type": ({"contacts": "me"}, "invalid_client_metadata"),
    "S-085 name": ({"client_name": "Pay\u202epal"}, "invalid_client_metadata"),
    "S-083 script as logo": ({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
    "3rd_party-init-login-nohttps": (
        {"initiate_login_uri": "http://app.example/login"},
        "invalid_client_metadata",
    ),
    "S-083 a script to begin with": (
        {"initiate_login_uri": "javascript:alert(1)"},
        "invalid_client_metadata",
    ),
    "a scheme to begin with": ({"initiate_login_uri": "com.example.app:/login"}, "invalid_client_metadata"),
    "a grant for machines": (
        {"grant_types": ["authorization_code", "client_credentials"]},
        "invalid_client_metadata",
    ),
    "an unknown grant": ({"grant_types": ["password"]}, "invalid_client_metadata"),
    "an unknown method": ({"token_endpoint_auth_method": "magic"}, "invalid_client_metadata"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_document_is_refused_for(is_open: None, case: str) -> None:
    changes, code = REFUSED[case]
    response = register(**changes)
    assert (response.status_code, response.json()["error"]) == (400, code), response.content
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    "field",
    ["logo_uri", "policy_uri", "tos_uri"],
    ids=lambda field: f"registration-{field.replace('_', '-')}",
)
def test_the_pages_of_an_app_are_echoed(is_open: None, field: str) -> None:
    address = "https://app.example/about"
    assert register(**{field: address}).json()[field] == address


@pytest.mark.parametrize(
    "uri",
    ["https://app.example/login", "https://app.example/login?tenant=1", "http://127.0.0.1:8080/login"],
    ids=["3rd_party-init-login", "with a query", "on this machine"],
)
def test_where_a_sign_in_may_begin_is_stored_and_echoed(is_open: None, uri: str) -> None:
    app = register(initiate_login_uri=uri).json()
    assert app["initiate_login_uri"] == uri
    assert manage("GET", app).json()["initiate_login_uri"] == uri


@pytest.mark.parametrize("uri", [f"{CALLBACK}?tenant=1"], ids=["redirect-uri-query-OK"])
def test_a_query_in_a_redirect_uri_is_registered_as_it_is(is_open: None, uri: str) -> None:
    assert register(redirect_uris=[uri]).json()["redirect_uris"] == [uri]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b"\xff", "application/json"),
        (b"{}", "text/plain"),
        (b"client_name=x", "application/x-www-form-urlencoded"),
        (b"[" * 40_000, "application/json"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "application/json"),
        (b'{"client_name": "' + b"x" * 70_000 + b'"}', "application/json"),
    ],
)
def test_s_121_what_is_no_document_is_refused(is_open: None, body: bytes, content_type: str) -> None:
    response = send("POST", PATH, body, content_type=content_type)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from([*document(), "scope", "grant_types", "response_types", "application_type", "jwks", "jwks_uri",
                          "client_uri", "logo_uri", "contacts", "token_endpoint_auth_method", "subject_type",
                          "default_max_age", "initiate_login_uri", "backchannel_logout_uri", "software_statement",
                          "id_token_signed_response_alg", "request_uris", "post_logout_redirect_uris",
                          "sector_identifier_uri", "id_token_encrypted_response_alg", "userinfo_signed_response_alg",
                          "id_token_encrypted_response_enc", "userinfo_encrypted_response_alg"])  # fmt: skip


_likely = _json | st.sampled_from(
    ["pairwise", "public", "HS256", "RSA-OAEP-256", "A256GCM", "https://127.0.0.1/x"]
)


@given(changes=st.dictionaries(_names | st.text(), _likely, max_size=6))
@budget(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_s_121_no_document_is_a_fault_of_ours(settings: Any, changes: dict[str, Any]) -> None:
    settings.REGISTRATION, settings.THROTTLE_EXEMPT = "open", _everybody()
    said = {**document(), **changes}
    response = send("POST", PATH, json.dumps(said))
    assert response.status_code in (201, 400), response.content
    if response.status_code == 201:
        app = response.json()
        changed = manage("PUT", app, {**said, "client_id": app["client_id"]})
        assert changed.status_code in (200, 400), changed.content


def _everybody() -> list[Any]:
    import ipaddress

    return [ipaddress.ip_network("0.0.0.0/0")]


# --- How people meet it -----------------------------------------------------------------------------


def test_s_120_consent_is_asked_with_a_warning_and_the_host(
    signing_keys: None, registered: dict[str, Any]
) -> None:
    app = App(Client.objects.get(), secret=registered["client_secret"], consented="")
    app.sign_in()
    page = app.browser.get(location(app.authorize(scope="openid"))).content.decode()
    assert "This app registered itself" in page
    assert "<strong>app.example</strong>" in page


def test_an_app_of_an_admin_carries_no_warning(make_app: Callable[..., App]) -> None:
    app = make_app(consented="")
    app.sign_in()
    page = app.browser.get(location(app.authorize(scope="openid"))).content.decode()
    assert "registered itself" not in page


def test_a_registered_app_signs_people_in(signing_keys: None, registered: dict[str, Any]) -> None:
    app = App(Client.objects.get(), secret=registered["client_secret"])
    app.sign_in()
    assert "id_token" in app.tokens(scope="openid email")


@pytest.mark.parametrize(
    ("age", "used", "kept"), [(29, False, True), (31, False, False), (31, True, True)], ids=str
)
def test_s_120_an_app_that_nobody_ever_used_goes(
    registered: dict[str, Any], age: int, used: bool, kept: bool
) -> None:
    now, client = timezone.now(), Client.objects.get()
    if used:
        App(client, secret="x")  # somebody agreed to it
    Client.objects.update(created_at=now - timedelta(days=age))
    purge.remove(purge.dead(now)["apps that registered themselves"])
    assert Client.objects.exists() == kept


def test_an_app_of_an_admin_never_goes_by_itself() -> None:
    make_client()
    now = timezone.now() + timedelta(days=1000)
    assert not purge.dead(now)["apps that registered themselves"].exists()


# --- How it manages itself (RFC 7592) ---------------------------------------------------------------


def test_reading_gives_the_registration_again_without_its_secret(registered: dict[str, Any]) -> None:
    response = manage("GET", registered)
    found = response.json()
    assert response.status_code == 200
    assert "client_secret" not in found
    assert found == {k: v for k, v in registered.items() if not k.startswith("client_secret")}


def test_an_update_replaces_what_the_app_said(registered: dict[str, Any]) -> None:
    body = document(
        client_id=registered["client_id"], client_name="Kanban 2", logo_uri="https://app.example/l.png"
    )
    assert manage("PUT", registered, body).json()["client_name"] == "Kanban 2"
    body = document(client_id=registered["client_id"])
    found = manage("PUT", registered, body).json()
    assert "logo_uri" not in found
    assert found["scope"] == "openid email"


def test_an_update_with_a_null_is_as_without_the_field(registered: dict[str, Any]) -> None:
    body = document(client_id=registered["client_id"], scope=None, contacts=None)
    assert manage("PUT", registered, body).json()["scope"] == "openid email"


NOT_AN_UPDATE = {
    "no client_id": ({}, "invalid_client_metadata"),
    "another client_id": ({"client_id": "another"}, "invalid_client_metadata"),
    "a token of ours": ({"registration_access_token": "x"}, "invalid_client_metadata"),
    "an address of ours": ({"registration_client_uri": "https://app.example"}, "invalid_client_metadata"),
    "a time of ours": ({"client_id_issued_at": 1}, "invalid_client_metadata"),
    "a secret of its own choice": ({"client_secret": "x" * 43}, "invalid_client_metadata"),
    "S-122 a wider grant": (
        {"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]},
        "invalid_client_metadata",
    ),
    "S-122 tokens through the browser": (
        {"response_types": ["code id_token"], "grant_types": ["authorization_code", "implicit"]},
        "invalid_client_metadata",
    ),
    "S-122 a grant for machines": ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
    "S-122 no authentication": ({"token_endpoint_auth_method": "none"}, "invalid_client_metadata"),
    "a bad address": ({"redirect_uris": ["x"]}, "invalid_redirect_uri"),
}


@pytest.mark.parametrize("case", NOT_AN_UPDATE)
def test_an_update_is_refused_for(registered: dict[str, Any], case: str) -> None:
    changes, code = NOT_AN_UPDATE[case]
    client_id = {} if case == "no client_id" else {"client_id": registered["client_id"]}
    before = manage("GET", registered).json()
    response = manage("PUT", registered, document(**{**client_id, **changes}))
    assert (response.status_code, response.json()["error"]) == (400, code)
    assert manage("GET", registered).json() == before


def test_its_own_secret_may_be_sent_along(registered: dict[str, Any]) -> None:
    body = document(client_id=registered["client_id"], client_secret=registered["client_secret"])
    assert manage("PUT", registered, body).status_code == 200


def test_s_122_an_update_can_not_widen_the_scope(registered: dict[str, Any]) -> None:
    body = document(client_id=registered["client_id"], scope="openid email phone groups")
    assert manage("PUT", registered, body).json()["scope"] == "openid email"


def test_s_122_an_update_leaves_what_an_admin_gave_and_demands(registered: dict[str, Any]) -> None:
    client = Client.objects.get()
    client.scopes, client.audiences = ["openid", "boards:read"], ["https://api.example"]
    client.require_pushed_authorization_requests = client.dpop_bound_access_tokens = True
    client.self_registered = False
    client.save()
    body = document(client_id=client.client_id, scope="openid email boards:read")
    assert manage("PUT", registered, body).json()["scope"] == "openid boards:read"
    client.refresh_from_db()
    assert client.audiences == ["https://api.example"]
    assert client.require_pushed_authorization_requests
    assert client.dpop_bound_access_tokens
    assert not client.self_registered


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"logo_uri": "https://app.example/logo.png"}, True),
        ({"redirect_uris": [CALLBACK, "https://app.example/other"]}, True),
        ({"redirect_uris": [CALLBACK, "https://mallory.example/cb"]}, False),
        ({"client_name": "Your bank"}, False),
    ],
)
def test_s_122_who_calls_itself_otherwise_or_returns_elsewhere_has_to_ask_people_anew(
    signing_keys: None, registered: dict[str, Any], changes: dict[str, Any], kept: bool
) -> None:
    app = App(Client.objects.get(), secret=registered["client_secret"])
    app.sign_in()
    tokens = app.tokens(scope="openid email")
    body = document(client_id=registered["client_id"], **changes)
    assert manage("PUT", registered, body).status_code == 200
    assert Consent.objects.exists() == kept
    assert (app.userinfo(tokens["access_token"]).status_code == 200) == kept


@pytest.mark.parametrize(
    ("changes", "first_party", "show_logo"),
    [
        ({}, True, True),
        ({"redirect_uris": [CALLBACK, "https://app.example/other"]}, True, True),
        ({"redirect_uris": ["https://mallory.example/cb"]}, False, True),
        ({"client_name": "Your bank"}, False, True),
        ({"logo_uri": "https://mallory.example/l.png"}, True, False),
    ],
)
def test_s_122_what_an_admin_vouched_for_ends_where_the_app_becomes_another(
    registered: dict[str, Any], changes: dict[str, Any], first_party: bool, show_logo: bool
) -> None:
    """M9: a stolen management token would lead people, unasked, to any host."""
    client, logo = Client.objects.get(), "https://app.example/l.png"
    client.first_party, client.show_logo, client.self_registered, client.logo_uri = True, True, False, logo
    client.save()
    body = document(client_id=client.client_id, **{"logo_uri": logo, **changes})
    assert manage("PUT", registered, body).status_code == 200
    client.refresh_from_db()
    assert (client.first_party, client.self_registered) == (first_party, not first_party)
    assert client.show_logo == show_logo


def test_an_update_may_repeat_what_an_admin_switched_on(registered: dict[str, Any]) -> None:
    client = Client.objects.get()
    client.response_types = ["code", "code id_token"]
    client.full_clean()
    client.save()
    ours = {"registration_access_token", "registration_client_uri", "client_id_issued_at"}
    read = manage("GET", registered).json()
    body = {name: value for name, value in read.items() if name not in ours}
    assert manage("PUT", registered, body).json() == read
    narrowed = manage(
        "PUT", registered, {**body, "grant_types": ["authorization_code"], "response_types": ["code"]}
    )
    assert narrowed.json()["response_types"] == ["code"]
    assert manage("PUT", registered, body).status_code == 400


def test_s_121_an_update_is_not_heard_on_what_only_an_admin_may_give(registered: dict[str, Any]) -> None:
    body = document(client_id=registered["client_id"], signet_first_party=True, signet_groups=["staff"])
    assert manage("PUT", registered, body).status_code == 200
    assert not Client.objects.get().first_party


def test_s_122_a_disabled_app_can_not_come_back(registered: dict[str, Any]) -> None:
    Client.objects.update(enabled=False)
    body = document(client_id=registered["client_id"], enabled=True)
    assert [manage(method, registered, body).status_code for method in ("GET", "PUT", "DELETE")] == [401] * 3
    assert not Client.objects.get().enabled


def test_s_122_a_token_is_for_its_own_app(registered: dict[str, Any]) -> None:
    other = register().json()
    for token in (other["registration_access_token"], "", "nonsense", registered["client_secret"]):
        assert manage("GET", registered, token=token).status_code == 401
    assert manage("DELETE", registered, token=other["registration_access_token"]).status_code == 401
    assert Client.objects.count() == 2


def test_s_122_an_app_that_an_admin_made_has_no_management_token() -> None:
    client = make_client()
    for token in ("", "x", "0" * 64):
        assert send("GET", f"{PATH}/{client.client_id}", token=token).status_code == 401


def test_an_unknown_app_is_answered_as_a_wrong_token(registered: dict[str, Any]) -> None:
    unknown = send("GET", f"{PATH}/nobody", token=registered["registration_access_token"])
    wrong = manage("GET", registered, token="nonsense")
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)


def test_an_app_may_take_its_registration_back_and_all_goes_with_it(
    signing_keys: None, registered: dict[str, Any]
) -> None:
    app = App(Client.objects.get(), secret=registered["client_secret"])
    app.sign_in()
    tokens = app.tokens(scope="openid")
    response = manage("DELETE", registered)
    assert (response.status_code, response.content) == (204, b"")
    assert app.userinfo(tokens["access_token"]).status_code == 401
    assert manage("GET", registered).status_code == 401
    assert (Client.objects.count(), Grant.objects.count(), ClientSecret.objects.count()) == (0, 0, 0)


def test_managing_goes_on_where_registration_was_closed_meanwhile(
    registered: dict[str, Any], settings: Any
) -> None:
    settings.REGISTRATION = "closed"
    assert manage("GET", registered).status_code == 200


@pytest.mark.parametrize(("path", "methods"), [(PATH, "POST"), (f"{PATH}/x", "GET, PUT, DELETE")])
def test_scripts_of_other_origins_may_ask(path: str, methods: str) -> None:
    response = Browser().options(path)
    assert (response.status_code, response["Access-Control-Allow-Methods"]) == (204, methods)
    assert Browser().patch(path).status_code == 405


def test_what_an_app_does_to_itself_is_in_the_audit_log(registered: dict[str, Any]) -> None:
    manage("PUT", registered, document(client_id=registered["client_id"]))
    manage("DELETE", registered)
    types = AuditEvent.objects.order_by("id").values_list("type", "client_id")
    names = ["client.registered", "client.updated", "client.unregistered"]
    assert list(types) == [(name, registered["client_id"]) for name in names]
