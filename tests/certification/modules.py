"""The modules that the Basic, Implicit, Hybrid and Form Post plans share, in the order of `shared/CERTIFICATION.md`.

Each docstring says what is asserted beside that which every sign-in is held to (`Party.finish`). Where the suite
would warn, this fails.
"""

from typing import Any

import jwt

from tests.certification import judging
from tests.certification.judging import CLAIMS
from tests.certification.party import Party, as_json, check_userinfo, request_object, unsigned
from tests.certification.plan import Run, module

# --- Shared by basic, implicit, hybrid ----------------------------------------------------------------


@module
def server(run: Run) -> None:
    """A plain sign-in; token answer, ID token, hashes and userinfo are well formed."""
    run.party.sign_in(run.browser)


@module
def response_type_missing(run: Run) -> None:
    """`unsupported_response_type` or `invalid_request`; where no type is named, the answer is in the default mode."""
    request = run.party.request(response_type=None)
    arrival = run.browser.authorize(run.party.url(request), run.party.redirect_uri)
    judging.check_error(arrival.parameters, "unsupported_response_type", "invalid_request")
    assert arrival.parameters["state"] == request["state"]


@module
def idtoken_signature(run: Run) -> None:
    """An app that names no algorithm gets RS256, verifiable by the JWKS, with a kid."""
    assert run.party.registration["id_token_signed_response_alg"] == "RS256"
    header = jwt.get_unverified_header(run.party.sign_in(run.browser).hint)
    assert header["alg"] == "RS256"
    assert header["kid"] in {key["kid"] for key in run.provider.jwks()["keys"]}


@module
def userinfo_get(run: Run) -> None:
    """The token in the header works by GET; sub equals the ID token's."""
    _userinfo(run, "GET")


@module
def userinfo_post_header(run: Run) -> None:
    """The same by POST."""
    _userinfo(run, "POST")


@module
def userinfo_post_body(run: Run) -> None:
    """The same with the token in a form."""
    found = run.party.sign_in(run.browser)
    form = {"access_token": found.access_token}
    answer = run.provider.http.post(run.provider.metadata["userinfo_endpoint"], form, timeout=30)
    assert check_userinfo(answer)["sub"] == found.id_token["sub"]


def _userinfo(run: Run, method: str) -> None:
    found = run.party.sign_in(run.browser)
    answer = run.party.ask_userinfo(found.access_token, method)
    assert check_userinfo(answer)["sub"] == found.id_token["sub"]


@module
def scope_profile(run: Run) -> None:
    """Every claim of the scope, from userinfo, or in the ID token where there is no access token (Core 5.4)."""
    _scope(run, "profile")


@module
def scope_email(run: Run) -> None:
    """The same for email."""
    _scope(run, "email")


@module
def scope_address(run: Run) -> None:
    """The same for address."""
    _scope(run, "address")


@module
def scope_phone(run: Run) -> None:
    """The same for phone."""
    _scope(run, "phone")


@module
def scope_all(run: Run) -> None:
    """All of them at once."""
    _scope(run, *CLAIMS)


def _scope(run: Run, *names: str) -> None:
    found = run.party.sign_in(run.browser, scope=" ".join(("openid", *names)))
    where = found.userinfo or found.id_token
    expected = set().union(*(CLAIMS[name] for name in names))
    assert expected <= set(where)
    others = set().union(*CLAIMS.values()) - expected
    assert not others & set(where), "claims that nobody asked for"


@module
def alternate_happy_flow(run: Run) -> None:
    """The order of scopes, of parameters and of the words of response_type does not matter."""
    run.party.sign_in(run.browser, scope="email profile openid")
    turned = " ".join(reversed(run.party.response_type.split()))
    request = run.party.request(response_type=turned)
    backwards = dict(reversed(request.items()))
    run.party.finish(run.party.ask(run.browser, backwards), backwards)


@module
def display_page(run: Run) -> None:
    """No error."""
    run.party.sign_in(run.browser, display="page")


@module
def display_popup(run: Run) -> None:
    """No error."""
    run.party.sign_in(run.browser, display="popup")


@module
def ui_locales(run: Run) -> None:
    """No error."""
    run.party.sign_in(run.browser, ui_locales="se")


@module
def claims_locales(run: Run) -> None:
    """No error."""
    run.party.sign_in(run.browser, claims_locales="se")


@module
def login_hint(run: Run) -> None:
    """No error."""
    run.party.sign_in(run.browser, login_hint="buffy@example.com")


@module
def ensure_request_with_acr_values_succeeds(run: Run) -> None:
    """A level that nobody reaches is no error; the acr, where there is one, is one that we advertise."""
    wanted = " ".join(run.provider.metadata["acr_values_supported"])
    claims = run.party.sign_in(run.browser, acr_values=wanted).id_token
    assert claims["acr"] in wanted.split()
    claims = run.party.sign_in(run.browser, acr_values="urn:mace:incommon:iap:silver").id_token
    assert claims["acr"] != "urn:mace:incommon:iap:silver"


@module
def ensure_request_with_unknown_parameter_succeeds(run: Run) -> None:
    """No error."""
    run.party.sign_in(run.browser, extra="foobar")


@module
def prompt_login(run: Run) -> None:
    """With a live session the person has to sign in again; auth_time moves; same sub."""
    before = run.party.sign_in(run.browser).id_token
    run.provider.wait(2)
    after = _with_a_login_page(run, prompt="login")
    assert after["sub"] == before["sub"]
    assert after["auth_time"] > before["auth_time"]


@module
def prompt_none_not_logged_in(run: Run) -> None:
    """An error comes back by redirect, no page."""
    allowed = ("login_required", "interaction_required", "account_selection_required")
    run.party.refused(run.newcomer(), *allowed, prompt="none")


@module
def prompt_none_logged_in(run: Run) -> None:
    """Success without a page; sub and auth_time as before."""
    before = run.party.sign_in(run.browser).id_token
    after = _without_a_page(run, prompt="none")
    assert (after["sub"], after["auth_time"]) == (before["sub"], before["auth_time"])


@module
def max_age_1(run: Run) -> None:
    """After a pause sign-in is asked again; auth_time is in the ID token and is new."""
    before = run.party.sign_in(run.browser).id_token
    run.provider.wait(2)
    after = _with_a_login_page(run, max_age="1")
    assert after["sub"] == before["sub"]
    assert run.provider.now() - 5 < after["auth_time"] <= run.provider.now() + 5
    assert after["auth_time"] > before["auth_time"]


@module
def max_age_10000(run: Run) -> None:
    """No new sign-in; auth_time in the ID token is the old one."""
    before = run.party.sign_in(run.browser).id_token
    after = _without_a_page(run, max_age="10000")
    assert after["auth_time"] == before["auth_time"]


@module
def id_token_hint(run: Run) -> None:
    """prompt=none with the hint of whoever is signed in succeeds."""
    before = run.party.sign_in(run.browser)
    assert _without_a_page(run, prompt="none", id_token_hint=before.hint)["sub"] == before.id_token["sub"]


def _with_a_login_page(run: Run, **changes: str) -> dict[str, object]:
    seen = len(run.browser.pages)
    found = run.party.sign_in(run.browser, **changes).id_token
    assert "/login" in run.browser.pages[seen:]
    return found


def _without_a_page(run: Run, **changes: str) -> dict[str, object]:
    seen = len(run.browser.pages)
    found = run.party.sign_in(run.browser, **changes).id_token
    assert len(run.browser.pages) == seen + run.party.form_post, run.browser.pages[seen:]
    return found


@module
def ensure_registered_redirect_uri(run: Run) -> None:
    """An unregistered redirect_uri ends on an error page that says so."""
    request = run.party.request(redirect_uri=f"{run.party.redirect_uri}/1")
    page = run.party.page(run.browser, request)
    assert page.status_code == 400
    assert "not registered" in page.text


@module
def ensure_request_without_nonce_fails(run: Run) -> None:
    """An ID token from the front channel needs a nonce."""
    run.party.refused(run.browser, "invalid_request", nonce=None)


@module
def claims_essential(run: Run) -> None:
    """Essential `name` asked for by the claims parameter comes."""
    member = "id_token" if run.party.words == {"id_token"} else "userinfo"
    found = run.party.sign_in(run.browser, claims=as_json({member: {"name": {"essential": True}}}))
    assert (found.userinfo or found.id_token)["name"] == "Alice Liddell"


@module
def request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(run: Run) -> None:
    """request_uri of an unsigned object: honoured, or `request_uri_not_supported`; this app has registered none."""
    request = run.party.request(state="inside")
    address = run.site.put("/request.jwt", unsigned(request), "application/oauth-authz-req+jwt")
    sent = {**request, "request_uri": address}
    arrival = run.party.ask(run.browser, request, sent=sent)
    judging.check_error(arrival.parameters, "request_uri_not_supported")
    assert not run.site.to("/request.jwt"), "fetched from an address that is not registered (S-071)"


@module
def unsigned_request_object_supported_correctly_or_rejected_as_unsupported(run: Run) -> None:
    """By value it is honoured, for an admin let this app; another one is told `request_not_supported`."""
    _by_object(run, run.party)
    request, sent = _with_object(run.second())
    judging.check_error(run.second().ask(run.browser, request, sent=sent).parameters, "request_not_supported")


@module
def ensure_request_object_with_redirect_uri(run: Run) -> None:
    """redirect_uri both in and outside: the inner one wins, though the outer one is not registered."""
    _by_object(run, run.party, redirect_uri=f"{run.party.redirect_uri}/invalid")
    _, sent = _with_object(run.second(), redirect_uri=f"{run.party.redirect_uri}/invalid")
    assert run.second().page(run.browser, sent).status_code == 400, "sent to where nobody is registered"


def _by_object(run: Run, party: Party, **outside: str) -> None:
    request, sent = _with_object(party, state="outside", nonce="outside", **outside)
    party.finish(party.ask(run.browser, request, sent=sent), request)


def _with_object(party: Party, **changes: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A request, and what is sent of it: all of it inside of an unsigned object, and some outside, with changes."""
    request = party.request()
    inside = unsigned(request_object(party, request))
    return request, {**request, **changes, "request": inside}


# --- Code flows only ----------------------------------------------------------------------------------


@module
def idtoken_unsigned(run: Run) -> None:
    """Skipped by the suite where alg none is not offered: it is not, and nobody can register for it."""
    assert "none" not in run.provider.metadata["id_token_signing_alg_values_supported"]
    uris = [run.party.redirect_uri]
    answer = run.provider.register(redirect_uris=uris, id_token_signed_response_alg="none")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@module
def ensure_request_without_nonce_succeeds_for_code_flow(run: Run) -> None:
    """No nonce is fine where no ID token comes through the browser."""
    run.party.sign_in(run.browser, nonce=None)


@module
def ensure_post_request_succeeds(run: Run) -> None:
    """The authorization request by POST works."""
    request = run.party.request()
    address = run.provider.metadata["authorization_endpoint"]
    arrival = run.browser.post(address, request, run.party.redirect_uri)
    run.party.finish(run.party.check(arrival, request), request)


@module
def server_client_secret_post(run: Run) -> None:
    """client_secret_post works."""
    party = run.secret_post()
    assert party.registration["token_endpoint_auth_method"] == "client_secret_post"
    party.sign_in(run.browser)


@module
def refresh_token(run: Run) -> None:
    """The refresh token works, the new ID token is consistent, and another client's use is refused."""
    asked = {"scope": "openid offline_access", "prompt": "consent"}
    found = run.party.sign_in(run.browser, **asked)
    renewed = judging.check_token_answer(run.party.refresh(found.tokens["refresh_token"]))
    assert renewed["access_token"] != found.tokens["access_token"]
    nonce = found.back["nonce"] if "nonce" in _claims(renewed["id_token"]) else None
    _, claims = run.party.claims(renewed["id_token"], nonce)
    for name in ("iss", "sub", "aud", "auth_time"):  # OIDC Core section 12.2
        assert claims[name] == found.back[name], name
    assert run.party.userinfo(renewed["access_token"])["sub"] == claims["sub"]
    theirs = run.second().sign_in(run.browser, **asked).tokens["refresh_token"]
    answer = run.party.refresh(theirs)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def _claims(token: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return found


@module
def ensure_request_with_valid_pkce_succeeds(run: Run) -> None:
    """S256 does no harm and is checked."""
    challenge = {
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
    for sent, outcome in ((verifier, 200), ("w" * 43, 400), ("", 400)):
        arrival = run.party.ask(run.browser, run.party.request(**challenge))
        answer = run.party.redeem(arrival.parameters["code"], **({"code_verifier": sent} if sent else {}))
        assert answer.status_code == outcome, answer.text
        assert outcome == 200 or answer.json()["error"] == "invalid_grant"


# --- In the plans until 2025, and still true ------------------------------------------------------------


@module
def codereuse(run: Run) -> None:
    """A code works once."""
    _reuse(run, pause=0)


@module
def codereuse_30seconds(run: Run) -> None:
    """The same after a pause; and what came of the first use is revoked."""
    _reuse(run, pause=31)


def _reuse(run: Run, *, pause: int) -> None:
    arrival = run.party.ask(run.browser, run.party.request())
    tokens = judging.check_token_answer(run.party.redeem(arrival.parameters["code"]))
    run.provider.wait(pause)
    answer = run.party.redeem(arrival.parameters["code"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert run.party.ask_userinfo(tokens["access_token"]).status_code == 401
