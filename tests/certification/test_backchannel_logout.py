"""Back-Channel Logout OP: oidcc-backchannel-rp-initiated-logout-certification-test-plan."""

import jwt

from tests.certification import judging
from tests.certification.discovery import verify
from tests.certification.party import wait_until
from tests.certification.provider import Provider
from tests.certification.registering import register
from tests.certification.signing_out import Leaving, registration
from tests.certification.site import Site

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def test_oidcc_backchannel_logout_discovery_endpoint_verification(provider: Provider) -> None:
    found = verify(provider)
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True
    assert found["end_session_endpoint"]


def test_oidcc_backchannel_rp_initiated_logout(provider: Provider, site: Site) -> None:
    """A POST with a logout token and nothing else: iss, aud, iat, jti, events, sid and sub, no nonce."""
    said = {
        "backchannel_logout_uri": f"{site.url}/backchannel_logout",
        "backchannel_logout_session_required": True,
        "token_endpoint_auth_method": "client_secret_basic",
    }
    leaving = Leaving.from_app(register(provider, **registration(**said)))
    leaving.is_back(leaving.leave(state="s" * 128), state="s" * 128)
    wait_until(lambda: site.to("/backchannel_logout"))
    (visit,) = site.to("/backchannel_logout")
    assert (visit.method, visit.content_type) == ("POST", "application/x-www-form-urlencoded")
    assert set(visit.form) == {"logout_token"}
    (token,) = visit.form["logout_token"]
    header, claims = judging.verified(token, provider.keys(token), "RS256")
    assert header["typ"] == "logout+jwt"
    assert (claims["iss"], claims["aud"]) == (provider.url, leaving.party.client_id)
    assert provider.now() - 60 < claims["iat"] <= provider.now() + 5
    assert claims["exp"] > provider.now()
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert claims["sid"] == leaving.signed_in.id_token["sid"]
    assert claims["sub"] == leaving.signed_in.id_token["sub"]
    assert "nonce" not in claims
    assert jwt.get_unverified_header(token)["kid"] in {key["kid"] for key in provider.jwks()["keys"]}
