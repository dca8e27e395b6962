"""Front-Channel Logout OP: oidcc-frontchannel-rp-initiated-logout-certification-test-plan."""

from tests.certification.discovery import verify
from tests.certification.provider import Provider
from tests.certification.signing_out import heard_on_the_front_channel
from tests.certification.site import Site


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(provider: Provider) -> None:
    found = verify(provider)
    assert found["frontchannel_logout_supported"] is True
    assert found["frontchannel_logout_session_supported"] is True
    assert found["end_session_endpoint"]


def test_oidcc_frontchannel_rp_initiated_logout(provider: Provider, site: Site) -> None:
    heard_on_the_front_channel(provider, site)
