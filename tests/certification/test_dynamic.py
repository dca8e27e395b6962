"""Dynamic OP: oidcc-dynamic-certification-test-plan, by private_key_jwt and response type code, as the suite has it.

Its apps register with a registration token for all of OpenID Connect (docs/decisions/0034-certification.md).
"""

import time

import jwt
import pytest

from tests.certification import judging
from tests.certification.discovery import verify
from tests.certification.key import Key
from tests.certification.party import CALLBACK, Party, as_json, outside, request_object, unsigned
from tests.certification.plan import ALL_TYPES
from tests.certification.provider import Provider
from tests.certification.registering import document, refused, register
from tests.certification.site import Site
from tests.live.visitor import Visitor


@pytest.fixture(scope="module")
def browser(provider: Provider) -> Visitor:
    return provider.browser()


def test_oidcc_idtoken_rs256(provider: Provider, browser: Visitor) -> None:
    party = register(provider, id_token_signed_response_alg="RS256")
    assert jwt.get_unverified_header(party.sign_in(browser).hint)["alg"] == "RS256"


def test_oidcc_idtoken_unsigned(provider: Provider) -> None:
    """Skipped by the suite where alg none is not offered: it is not, and a registration for it is refused."""
    assert "none" not in provider.metadata["id_token_signing_alg_values_supported"]
    refused(provider, "invalid_client_metadata", id_token_signed_response_alg="none")


def test_oidcc_userinfo_rs256(provider: Provider, browser: Visitor) -> None:
    """Signed userinfo is `application/jwt` with iss and aud, and without nonce."""
    party = register(provider, userinfo_signed_response_alg="RS256")
    tokens = judging.check_token_answer(party.redeem(party.ask(browser, party.request()).parameters["code"]))
    answer = party.ask_userinfo(tokens["access_token"])
    assert answer.headers["Content-Type"].partition(";")[0] == "application/jwt"
    _, claims = judging.verified(answer.text, provider.keys(answer.text), "RS256")
    assert (claims["iss"], claims["aud"]) == (provider.url, party.client_id)
    assert claims["sub"] == jwt.decode(tokens["id_token"], options={"verify_signature": False})["sub"]
    assert "nonce" not in claims


def test_oidcc_ensure_redirect_uri_in_authorization_request(provider: Provider, browser: Visitor) -> None:
    """Also where only one is registered (Core 3.1.2.1): an error page."""
    for uris in ([CALLBACK], [CALLBACK, f"{CALLBACK}/2"]):
        party = register(provider, redirect_uris=uris)
        page = party.page(browser, party.request(redirect_uri=None))
        assert page.status_code == 400
        assert "redirect_uri is missing" in page.text


def test_oidcc_redirect_uri_query_ok(provider: Provider, browser: Visitor) -> None:
    """The query is kept, and the answer is added to it."""
    party = register(provider, redirect_uris=[f"{CALLBACK}?foo=bar"])
    request = party.request()
    arrival = party.ask(browser, request)
    assert arrival.url.startswith(f"{CALLBACK}?foo=bar&")
    judging.check_token_answer(party.redeem(arrival.parameters["code"]))


def test_oidcc_redirect_uri_query_mismatch(provider: Provider, browser: Visitor) -> None:
    party = register(provider, redirect_uris=[f"{CALLBACK}?foo=bar"])
    for sent in (f"{CALLBACK}?bar=foo", f"{CALLBACK}?foo=bar&foo=bar", CALLBACK):
        assert party.page(browser, party.request(redirect_uri=sent)).status_code == 400


def test_oidcc_redirect_uri_query_added(provider: Provider, browser: Visitor) -> None:
    party = register(provider)
    assert party.page(browser, party.request(redirect_uri=f"{CALLBACK}?foo=bar")).status_code == 400


def test_oidcc_redirect_uri_regfrag(provider: Provider) -> None:
    refused(provider, "invalid_redirect_uri", redirect_uris=[f"{CALLBACK}#foobar"])


def test_oidcc_discovery_endpoint_verification(provider: Provider) -> None:
    verify(provider, dynamic=True)


@pytest.mark.parametrize("response_type", ALL_TYPES)
def test_oidcc_server(provider: Provider, browser: Visitor, response_type: str) -> None:
    """By each response type that a certifier may choose; the key has no kid, as the suite's has none."""
    register(provider, response_type, key=Key(kid="")).sign_in(browser)


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        pytest.param("logo_uri", '<img src="{}"', id="oidcc-registration-logo-uri"),
        pytest.param("policy_uri", '<a href="{}"', id="oidcc-registration-policy-uri"),
        pytest.param("tos_uri", '<a href="{}"', id="oidcc-registration-tos-uri"),
    ],
)
def test_pages(provider: Provider, member: str, shown: str) -> None:
    """The sign-in page and the consent page show it."""
    address = f"https://rp.example/{member}"
    party = register(provider, **{member: address})
    visitor = provider.browser()
    page = visitor.session.get(party.url(party.request()), timeout=30)
    assert 'name="password"' in page.text
    assert shown.format(address) in page.text
    register(provider).sign_in(visitor)
    page = visitor.session.get(party.url(party.request()), timeout=30)
    assert 'name="decision"' in page.text
    assert shown.format(address) in page.text


def with_jwks_uri(provider: Provider, site: Site, path: str, **changes: object) -> Party:
    key = Key()
    address = site.put(path, as_json(key.jwks))
    return register(provider, key=key, jwks=None, jwks_uri=address, **changes)


def test_oidcc_registration_jwks_uri(provider: Provider, browser: Visitor, site: Site) -> None:
    with_jwks_uri(provider, site, "/jwks.json").sign_in(browser)
    assert site.to("/jwks.json")


def test_oidcc_registration_sector_uri(provider: Provider, site: Site) -> None:
    assert "pairwise" in provider.metadata["subject_types_supported"]
    uris = [CALLBACK, "https://other.example/callback"]
    address = site.put("/sector.json", as_json(uris))
    register(provider, redirect_uris=uris, sector_identifier_uri=address, subject_type="pairwise")
    assert site.to("/sector.json")


def test_oidcc_registration_sector_bad(provider: Provider, site: Site) -> None:
    assert "pairwise" in provider.metadata["subject_types_supported"]
    address = site.put("/bad-sector.json", as_json(["https://other.example/callback"]))
    refused(provider, "invalid_client_metadata", sector_identifier_uri=address, subject_type="pairwise")
    assert site.to("/bad-sector.json"), "refused without a look at it"


def test_oidcc_server_rotate_keys(provider: Provider) -> None:
    """After the operator rotates: a new key, the old one still published."""
    before = {key["kid"] for key in provider.jwks()["keys"]}
    provider.server.manage("keys", "rotate", "--algorithm", "ES256")
    until = time.monotonic() + 30
    while (after := {key["kid"] for key in provider.jwks()["keys"]}) == before:
        assert time.monotonic() < until, "no new key"
        time.sleep(0.2)
    assert before < after
    judging.check_keys(provider.jwks())


def test_oidcc_refresh_token_rp_key_rotation(provider: Provider, browser: Visitor, site: Site) -> None:
    """The app swaps its key under the same jwks_uri: the provider fetches again for a kid that it does not know."""
    grants = ["authorization_code", "refresh_token"]
    party = with_jwks_uri(provider, site, "/rotating.json", grant_types=grants)
    found = party.sign_in(browser, scope="openid offline_access", prompt="consent")
    old, party.key = party.key, Key.fresh()
    site.put("/rotating.json", as_json(party.key.jwks))
    provider.wait(60)
    renewed = judging.check_token_answer(party.refresh(found.tokens["refresh_token"]))
    assert party.userinfo(renewed["access_token"])["sub"] == found.back["sub"]
    party.key = old
    answer = party.refresh(renewed["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_oidcc_request_uri_unsigned(provider: Provider, browser: Visitor, site: Site) -> None:
    """Honoured, as Core 15.2 wants of a dynamic provider; what stands inside counts."""
    address = f"{site.url}/unsigned.jwt"
    party = register(provider, request_uris=[address])
    request = party.request()
    site.put("/unsigned.jwt", unsigned(request), "application/oauth-authz-req+jwt")
    sent = {**outside(party, request), "request_uri": address, "state": "outside"}
    party.finish(party.ask(browser, request, sent=sent), request)


def test_oidcc_request_uri_signed_rs256(provider: Provider, browser: Visitor, site: Site) -> None:
    """The same, signed by the app's key and for us; it has no end, as the suite's has none."""
    assert "RS256" in provider.metadata["request_object_signing_alg_values_supported"]
    address, key = f"{site.url}/signed.jwt", Key()
    party = register(provider, key=key, request_uris=[address], request_object_signing_alg="RS256")
    request = party.request()
    sent = {**outside(party, request), "request_uri": address}
    site.put("/signed.jwt", key.sign(request_object(party, request)), "application/oauth-authz-req+jwt")
    party.finish(party.ask(browser, request, sent=sent), request)
    for forged in (
        Key.fresh(key.kid).sign(request_object(party, request)),
        unsigned(request_object(party, request)),
    ):
        site.put("/signed.jwt", forged, "application/oauth-authz-req+jwt")
        refusal = browser.authorize(party.url(sent), CALLBACK)
        judging.check_error(refusal.parameters, "invalid_request_object")


def test_oidcc_ensure_request_object_with_redirect_uri(provider: Provider, browser: Visitor) -> None:
    """redirect_uri both in and outside the object: the inner one wins."""
    party = register(provider)
    request = party.request()
    sent = {**outside(party, request), "redirect_uri": f"{CALLBACK}/invalid"}
    sent["request"] = unsigned(request_object(party, request))
    party.finish(party.ask(browser, request, sent=sent), request)


def test_oidcc_refresh_token(provider: Provider, browser: Visitor) -> None:
    """Works; the new ID token is consistent; the refresh token of another app is refused."""
    asked = {"scope": "openid offline_access", "prompt": "consent"}
    grants = ["authorization_code", "refresh_token"]
    one, other = (register(provider, grant_types=grants) for _ in range(2))
    found = one.sign_in(browser, **asked)
    renewed = judging.check_token_answer(one.refresh(found.tokens["refresh_token"]))
    _, claims = one.claims(renewed["id_token"], None)
    for name in ("iss", "sub", "aud", "auth_time"):  # OIDC Core section 12.2
        assert claims[name] == found.back[name], name
    theirs = other.sign_in(browser, **asked).tokens["refresh_token"]
    answer = one.refresh(theirs)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(provider: Provider, browser: Visitor) -> None:
    """private_key_jwt with aud = issuer is accepted; with another's it is not."""
    party = register(provider)
    code = party.ask(browser, party.request()).parameters["code"]
    stranger = party.redeem(code, client_assertion=party.assertion(aud="https://other.example/token"))
    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")
    judging.check_token_answer(party.redeem(code, client_assertion=party.assertion(aud=provider.url)))


def test_the_same_registration_by_a_plain_token_stays_strict(provider: Provider) -> None:
    """What the plan needs is the exception: RFC 9700 is the default (S-017, S-020, S-120)."""
    made = provider.server.manage("registration-token", "create", "a plain one")
    said = document(Key(), "id_token token")
    headers = {"Authorization": f"Bearer {made.split()[0]}"}
    answer = provider.http.post(
        provider.metadata["registration_endpoint"], json=said, headers=headers, timeout=30
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
