"""Step-up (RFC 9470), whole: the challenge of an API by docs/apps/step-up.md, or of userinfo, and what comes of it."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest

from tests.live.app import App
from tests.live.server import Server
from tests.live.visitor import Visitor
from tests.relying_parties.page import Page

LEVEL = "urn:signet:pwd"


def claims_of(tokens: Mapping[str, Any]) -> dict[str, Any]:
    return jwt.decode(tokens["access_token"], options={"verify_signature": False})


@pytest.fixture(scope="module")
def challenge(live: Server) -> Callable[..., str]:
    names: dict[str, Any] = {}
    exec(Page("step-up", live).block("python"), names)
    found: Callable[..., str] = names["challenge"]
    return found


def wanted(header: str) -> dict[str, str]:
    """What the app takes into its next authorization request."""
    assert 'error="insufficient_user_authentication"' in header
    return dict(re.findall(r'(acr_values|max_age)="([^"]*)"', header))


def test_an_api_is_content_after_the_sign_in_that_it_asked_for(live, alice, challenge):
    app, visitor = App(live), Visitor(alice)
    before = claims_of(app.sign_in(visitor))
    assert "acr" not in before
    assert challenge(before) == challenge(before, max_age=60) == ""
    header = challenge(before, acr_values=(LEVEL,), max_age=60)
    after = claims_of(app.sign_in(visitor, **wanted(header)))
    assert after["acr"] == LEVEL
    assert challenge(after, acr_values=(LEVEL,), max_age=60) == ""


def test_userinfo_answers_after_the_sign_in_that_it_asked_for(live, alice):
    app, visitor = App(live, signet_userinfo_max_age=1, signet_userinfo_acr_values=[LEVEL]), Visitor(alice)
    tokens = app.sign_in(visitor)
    time.sleep(max(0.0, claims_of(tokens)["auth_time"] + 2.1 - time.time()))
    refused = live.userinfo(tokens["access_token"])
    assert refused.status_code == 401

    visitor.pages.clear()
    again = app.sign_in(visitor, **wanted(refused.headers["WWW-Authenticate"]))
    assert visitor.pages == ["/login"]
    assert claims_of(again)["auth_time"] > claims_of(tokens)["auth_time"]
    assert live.userinfo(again["access_token"]).json()["sub"] == alice.sub
