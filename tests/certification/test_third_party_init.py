"""3rd-Party-Initiated Login OP: oidcc-3rdparty-init-login-certification-test-plan."""

from tests.certification.provider import Provider
from tests.certification.registering import refused, register

ADDRESS = "https://rp.example/initiate_login"


def test_oidcc_3rd_party_init_login(provider: Provider) -> None:
    """initiate_login_uri is stored, and echoed by registration and by the client configuration endpoint."""
    registered = register(provider, initiate_login_uri=ADDRESS).registration
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    answer = provider.http.get(registered["registration_client_uri"], headers=headers, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.json()["initiate_login_uri"] == ADDRESS


def test_oidcc_3rd_party_init_login_nohttps(provider: Provider) -> None:
    refused(provider, "invalid_client_metadata", initiate_login_uri=ADDRESS.replace("https:", "http:"))
