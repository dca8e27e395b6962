"""Config OP: oidcc-config-certification-test-plan."""

from tests.certification.discovery import verify
from tests.certification.provider import Provider


def test_oidcc_discovery_endpoint_verification(provider: Provider) -> None:
    verify(provider)
