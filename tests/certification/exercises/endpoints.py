"""Addresses, grants, sign-out and the resources that are the provider's own."""

from urllib.parse import urljoin, urlsplit

import requests

from tests.certification import judging
from tests.certification.exercises.table import Room, of
from tests.certification.party import Party
from tests.certification.registering import register
from tests.certification.signing_out import (
    Leaving,
    heard_on_the_back_channel,
    heard_on_the_front_channel,
    registration,
)
from tests.live.visitor import Form, Visitor, forms

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@of("issuer")
@of("authorization_endpoint")
@of("token_endpoint")
@of("userinfo_endpoint")
@of("jwks_uri")
@of("registration_endpoint")
@of("grant_types_supported", "authorization_code")
def sign_in(room: Room, value: str) -> None:
    """Each of them is needed for it, and the party knows them from the metadata alone."""
    assert register(room.provider).sign_in(room.browser).userinfo["sub"]


@of("grant_types_supported", "implicit")
def implicit(room: Room, value: str) -> None:
    party = register(room.provider, "id_token token")
    assert party.registration["grant_types"] == ["implicit"]
    party.sign_in(room.browser)


@of("grant_types_supported", "refresh_token")
def refresh(room: Room, value: str) -> None:
    party = register(room.provider, grant_types=["authorization_code", "refresh_token"])
    found = party.sign_in(room.browser, scope="openid offline_access").tokens["refresh_token"]
    assert judging.check_token_answer(party.refresh(found))["refresh_token"] != found


@of("grant_types_supported", "client_credentials")
def client_credentials(room: Room, value: str) -> None:
    """An admin's act: no app may register for it by itself."""
    client = room.provider.client(client_name="machine", grant_types=[value], scope="reports")
    party = Party(room.provider, client)
    assert judging.check_token_answer(party.token(grant_type=value, scope="reports"))["access_token"]


@of("grant_types_supported", DEVICE)
@of("device_authorization_endpoint")
def device(room: Room, value: str) -> None:
    """RFC 8628: the person opens the address that the device shows, and lets it in."""
    grants = {"grant_types": [DEVICE], "response_types": [], "redirect_uris": None}
    party = register(room.provider, token_endpoint_auth_method="none", jwks=None, **grants)
    asked = party.post("device_authorization_endpoint", {"scope": "openid"}).json()
    assert asked["user_code"] in asked["verification_uri_complete"]
    poll = {"grant_type": DEVICE, "device_code": asked["device_code"]}
    assert party.token(**poll).json()["error"] == "authorization_pending"
    let_in(room.provider.browser(), asked["verification_uri_complete"])
    room.provider.wait(int(asked["interval"]) + 1)
    assert judging.check_token_answer(party.token(**poll))["id_token"]


def let_in(visitor: Visitor, address: str) -> None:
    """Does what the device page asks until the device is allowed."""
    page = visitor.session.get(address, timeout=30)
    while not urlsplit(page.url).path.endswith("/allowed"):
        form = _to_send(page, visitor)
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        answer = visitor.session.post(
            form.action, form.fields, headers=headers, allow_redirects=False, timeout=30
        )
        if not answer.is_redirect:
            page = answer
            continue
        page = visitor.session.get(urljoin(answer.url, answer.headers["Location"]), timeout=30)


def _to_send(page: requests.Response, visitor: Visitor) -> Form:
    for form in forms(page):
        if {"username", "password"} <= form.fields.keys():
            form.fields |= {"username": visitor.person.username, "password": visitor.person.password}
            return form
        if "allow" in form.buttons.get("decision", []):
            form.fields["decision"] = "allow"
            return form
        if "user_code" in form.fields:
            return form
    raise AssertionError(page.text[-2000:])


@of("check_session_iframe")
def check_session(room: Room, value: str) -> None:
    """What it says in a browser is in test_session_management.py; here, that an app's page may frame it."""
    party = register(room.provider, redirect_uris=[f"{room.site.url}/callback"])
    assert party.ask(room.browser, party.request()).parameters["session_state"]
    headers = {"Referer": f"{room.site.url}/"}
    page = room.provider.http.get(room.provider.metadata["check_session_iframe"], headers=headers, timeout=30)
    assert page.status_code == 200
    assert f"frame-ancestors {room.site.url}" in page.headers["Content-Security-Policy"]


@of("end_session_endpoint")
def end_session(room: Room, value: str) -> None:
    leaving = Leaving.from_app(register(room.provider, **registration()))
    leaving.is_back(leaving.leave(state="s"), state="s")


@of("backchannel_logout_supported")
@of("backchannel_logout_session_supported")
def backchannel_logout(room: Room, value: str) -> None:
    heard_on_the_back_channel(room.provider, room.site)


@of("frontchannel_logout_supported")
@of("frontchannel_logout_session_supported")
def frontchannel_logout(room: Room, value: str) -> None:
    heard_on_the_front_channel(room.provider, room.site)


@of("protected_resources", "{issuer}", "{issuer}/oauth2/userinfo")
def protected_resource(room: Room, value: str) -> None:
    """It describes itself (RFC 9728 section 3), and a token for it is taken by userinfo."""
    path = urlsplit(value).path
    address = f"{room.provider.url}/.well-known/oauth-protected-resource{path}"
    described = room.provider.http.get(address, timeout=30).json()
    assert described["resource"] == value
    assert room.provider.url in described["authorization_servers"]
    party = register(room.provider)
    code = party.ask(room.browser, party.request(resource=value)).parameters["code"]
    access = judging.check_token_answer(party.redeem(code))["access_token"]
    assert party.userinfo(access)["sub"]
    for method in described["bearer_methods_supported"]:
        headers = {"Authorization": f"Bearer {access}"} if method == "header" else {}
        form = {"access_token": access} if method == "body" else {}
        userinfo = room.provider.metadata["userinfo_endpoint"]
        assert room.provider.http.post(userinfo, form, headers=headers, timeout=30).status_code == 200


@of("service_documentation")
def service_documentation(room: Room, value: str) -> None:
    page = room.provider.http.get(room.provider.metadata["service_documentation"], timeout=30)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
