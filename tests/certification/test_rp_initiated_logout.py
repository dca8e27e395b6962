"""RP-Initiated Logout OP: oidcc-rp-initiated-logout-certification-test-plan, by client_secret_basic."""

import pytest

from tests.certification.discovery import verify
from tests.certification.key import Key
from tests.certification.party import unsigned
from tests.certification.provider import Provider
from tests.certification.registering import register
from tests.certification.signing_out import Leaving, registration


@pytest.fixture
def leaving(provider: Provider) -> Leaving:
    """Somebody signed in, with a browser of their own."""
    method = {"token_endpoint_auth_method": "client_secret_basic"}
    return Leaving.from_app(register(provider, **registration(**method)))


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(provider: Provider) -> None:
    assert verify(provider)["end_session_endpoint"]


def test_oidcc_rp_initiated_logout(leaving: Leaving) -> None:
    """Back at the registered URI with the state; prompt=none then fails."""
    state = "s" * 128
    leaving.is_back(leaving.leave(state=state), state=state)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(leaving: Leaving) -> None:
    """A question, with a word on the address; after a yes one is signed out, and stays."""
    page = leaving.leave(post_logout_redirect_uri="https://rp.example/elsewhere")
    assert "elsewhere" not in page.headers.get("Location", "")
    _is_told_or_kept(leaving, page)


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(leaving: Leaving) -> None:
    page = leaving.leave(post_logout_redirect_uri="https://rp.example/post_logout_redirect?foo=bar")
    _is_told_or_kept(leaving, page)


def test_oidcc_rp_initiated_logout_modified_id_token_hint(leaving: Leaving) -> None:
    """The hint is not signed (alg none): worth nothing, also beside a client_id."""
    hint = unsigned(leaving.signed_in.id_token)
    leaving.is_kept(leaving.leave(id_token_hint=hint, client_id=leaving.party.client_id))


def test_oidcc_rp_initiated_logout_bad_id_token_hint(leaving: Leaving) -> None:
    """The hint is signed by a stranger's key: worth nothing, also beside a client_id."""
    hint = Key.fresh().sign(leaving.signed_in.id_token)
    leaving.is_kept(leaving.leave(id_token_hint=hint, client_id=leaving.party.client_id))


def test_oidcc_rp_initiated_logout_no_id_token_hint(leaving: Leaving) -> None:
    """An address without a hint belongs to nobody."""
    leaving.is_kept(leaving.leave(id_token_hint=None))


def test_oidcc_rp_initiated_logout_no_params(leaving: Leaving) -> None:
    """The person is asked (S-112), signed out, and told so."""
    _asked_and_told(leaving, id_token_hint=None, post_logout_redirect_uri=None, state=None)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(leaving: Leaving) -> None:
    """With the hint alone there is nothing to ask."""
    leaving.is_told(leaving.leave(post_logout_redirect_uri=None))


def test_oidcc_rp_initiated_logout_no_state(leaving: Leaving) -> None:
    """Back at the registered URI, and no state is made up."""
    leaving.is_back(leaving.leave(state=None))


def test_oidcc_rp_initiated_logout_only_state(leaving: Leaving) -> None:
    _asked_and_told(leaving, id_token_hint=None, post_logout_redirect_uri=None)


def _asked_and_told(leaving: Leaving, **changes: None) -> None:
    page = leaving.leave(**changes)
    assert "Sign out?" in page.text
    leaving.is_told(leaving.confirm(page))


def _is_told_or_kept(leaving: Leaving, page: object) -> None:
    """The hint is good, so the person may be signed out at once; never is the address followed."""
    assert getattr(page, "status_code", 0) == 200
    leaving.is_told(page)  # type: ignore[arg-type]
