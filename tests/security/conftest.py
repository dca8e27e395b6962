"""The protocol's fixtures, for the tests that attack it."""

from tests.idp.conftest import app, make_app, signing_keys

__all__ = ["app", "make_app", "signing_keys"]
