"""Fixtures of the protocol's tests."""

from collections.abc import Callable

import pytest

from tests.idp.app import App


@pytest.fixture
def app(db: None) -> App:
    """A confidential app that Alice has agreed to; she is signed in in its browser."""
    made = App()
    made.sign_in()
    return made


@pytest.fixture
def make_app(db: None) -> Callable[..., App]:
    return App
