"""How an authorization is asked for and answered: response types and modes, prompts, displays, levels, claims."""

import re
from typing import Any

from tests.certification import judging
from tests.certification.exercises.table import Room, of
from tests.certification.key import Key
from tests.certification.party import CALLBACK, Party, as_json, outside, request_object, unsigned
from tests.certification.plan import ALL_TYPES
from tests.certification.registering import register
from tests.live.visitor import Arrival

PKCE = ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")


@of("response_types_supported", *ALL_TYPES)
def response_type(room: Room, value: str) -> None:
    register(room.provider, value).sign_in(room.browser)


@of("response_modes_supported", "query", "fragment", "form_post")
def response_mode(room: Room, value: str) -> None:
    arrival = answer(room, register(room.provider), response_mode=value)
    assert arrival.mode == value
    assert arrival.parameters["code"]


@of("response_modes_supported", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt")
def signed_response_mode(room: Room, value: str) -> None:
    party = register(room.provider)
    arrival = answer(room, party, response_mode=value)
    assert arrival.mode == (value.removesuffix(".jwt") if "." in value else "query")
    assert jarm(party, arrival, "RS256")["code"]


@of("authorization_signing_alg_values_supported", *ALGORITHMS)
def authorization_signing_alg(room: Room, value: str) -> None:
    party = register(room.provider, authorization_signed_response_alg=value)
    assert jarm(party, answer(room, party, response_mode="jwt"), value)["code"]


def answer(room: Room, party: Party, **changes: Any) -> Arrival:
    return room.browser.authorize(party.url(party.request(**changes)), party.redirect_uri)


def jarm(party: Party, arrival: Arrival, algorithm: str) -> dict[str, Any]:
    """The parameters inside of the one that came (JARM section 4)."""
    assert set(arrival.parameters) == {"response"}
    token = arrival.parameters["response"]
    _, claims = judging.verified(token, party.provider.keys(token), algorithm)
    assert (claims["iss"], claims["aud"]) == (party.provider.url, party.client_id)
    assert party.provider.now() < claims["exp"] < party.provider.now() + 700
    return claims


@of("authorization_response_iss_parameter_supported")
def iss(room: Room, value: str) -> None:
    """In successes and errors."""
    party = register(room.provider)
    for changes, member in (({}, "code"), ({"prompt": "unheard-of"}, "error")):
        found = answer(room, party, **changes).parameters
        assert member in found
        assert found["iss"] == room.provider.url


@of("code_challenge_methods_supported", "S256")
def code_challenge_method(room: Room, value: str) -> None:
    party = register(room.provider)
    for verifier, status in ((PKCE[1], 200), ("w" * 43, 400)):
        found = answer(room, party, code_challenge=PKCE[0], code_challenge_method=value)
        assert party.redeem(found.parameters["code"], code_verifier=verifier).status_code == status


@of("prompt_values_supported", "none", "login", "consent", "select_account")
def prompt(room: Room, value: str) -> None:
    """Each shows the page that it is about, or none; the browser is signed in and the app agreed to."""
    party = register(room.provider)
    party.sign_in(room.browser)
    room.provider.wait(1)
    asked = party.request(prompt=value)
    page = room.browser.session.get(party.url(asked), timeout=30, allow_redirects=value != "none")
    expected = {"login": "/login", "consent": "/oauth2/consent/", "select_account": "/oauth2/select-account/"}
    if value == "none":
        assert page.headers["Location"].startswith(CALLBACK)
    else:
        assert page.status_code == 200
        assert page.url.removeprefix(room.provider.url).startswith(expected[value])


@of("display_values_supported", "page", "popup", "touch", "wap")
def display(room: Room, value: str) -> None:
    """Our pages fit every one of them: no page without a viewport, and none that needs another window."""
    party = register(room.provider)
    page = room.provider.browser().session.get(party.url(party.request(display=value)), timeout=30)
    assert 'name="password"' in page.text
    assert 'name="viewport"' in page.text
    assert "target=" not in page.text
    party.sign_in(room.browser, display=value)


@of("ui_locales_supported", "en", "de", "fr", "es", "zh-Hans", "ar")
def ui_locale(room: Room, value: str) -> None:
    party = register(room.provider)
    page = room.provider.browser().session.get(party.url(party.request(ui_locales=value)), timeout=30)
    assert page.headers["Content-Language"] == value
    assert re.search(rf'<html lang="{value}"', page.text, re.IGNORECASE)
    words = {
        "en": "Password",
        "de": "Passwort",
        "fr": "Mot de passe",
        "es": "Contraseña",
        "zh-Hans": "密码",
    } | {"ar": "كلمة المرور"}
    assert words[value] in page.text


@of("acr_values_supported", "urn:signet:pwd")
def acr_value(room: Room, value: str) -> None:
    party = register(room.provider)
    assert party.sign_in(room.browser, acr_values=value).id_token["acr"] == value
    essential = as_json({"id_token": {"acr": {"essential": True, "values": [value]}}})
    assert party.sign_in(room.browser, claims=essential).id_token["acr"] == value


@of("claims_parameter_supported")
def claims_parameter(room: Room, value: str) -> None:
    wanted = {"id_token": {"birthdate": None}, "userinfo": {"nickname": {"essential": True}}}
    found = register(room.provider).sign_in(room.browser, claims=as_json(wanted))
    assert found.id_token["birthdate"] == "1852-05-04"
    assert found.userinfo["nickname"] == "Al"
    assert "nickname" not in found.id_token


@of("request_parameter_supported")
@of("request_object_signing_alg_values_supported", *ALGORITHMS, "none")
def request_by_value(room: Room, value: str) -> None:
    algorithm = value or "RS256"
    key = Key() if algorithm == "none" else Key(algorithm)
    agreed = None if algorithm == "none" else algorithm
    party = register(room.provider, key=key, request_object_signing_alg=agreed)
    inside = party.request()
    said = request_object(party, inside)
    sent = {
        **outside(party, inside),
        "state": "outside",
        "request": key.sign(said) if agreed else unsigned(said),
    }
    party.finish(party.ask(room.browser, inside, sent=sent), inside)


@of("request_uri_parameter_supported")
def request_by_reference(room: Room, value: str) -> None:
    key, address = Key(), f"{room.site.url}/exercise.jwt"
    party = register(room.provider, key=key, request_uris=[address])
    inside = party.request()
    room.site.put("/exercise.jwt", key.sign(request_object(party, inside)), "application/oauth-authz-req+jwt")
    sent = {**outside(party, inside), "request_uri": address}
    party.finish(party.ask(room.browser, inside, sent=sent), inside)


@of("require_request_uri_registration")
def request_uri_registration(room: Room, value: str) -> None:
    party = register(room.provider, request_uris=[f"{room.site.url}/exercise.jwt"])
    found = answer(room, party, request_uri=f"{room.site.url}/another.jwt")
    assert found.parameters["error"] == "request_uri_not_supported"
    assert not room.site.to("/another.jwt")


@of("pushed_authorization_request_endpoint")
def pushed_request(room: Room, value: str) -> None:
    party = register(room.provider)
    asked = party.request()
    pushed = party.post("pushed_authorization_request_endpoint", asked)
    assert pushed.status_code == 201, pushed.text
    assert pushed.json()["expires_in"] > 0
    sent = {"client_id": party.client_id, "request_uri": pushed.json()["request_uri"]}
    party.finish(party.ask(room.browser, asked, sent=sent), asked)


@of("require_pushed_authorization_requests", "false")
def no_need_to_push(room: Room, value: str) -> None:
    """A plain request is served, and one of an app that has to push is not."""
    register(room.provider).sign_in(room.browser)
    strict = register(room.provider, require_pushed_authorization_requests=True)
    assert answer(room, strict).parameters["error"] == "invalid_request"
