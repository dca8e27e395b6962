"""Userinfo that wants a stronger or fresher sign-in says so, and a sign-in as it says is enough (RFC 9470)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone

from idp.clients import metadata
from idp.models import Client
from idp.protocol.errors import InvalidClientMetadata
from tests.idp.app import App, location, make_client
from tests.idp.proofs import Holder

LADDER = {"low": frozenset({"pwd"}), "high": frozenset({"pwd", "otp"})}


@pytest.fixture(autouse=True)
def ladder(settings: Any) -> None:
    settings.ACR_LADDER = LADDER


def demand(app: App, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(app.client, f"userinfo_{name}", value)
    app.client.save()


def challenge(response: HttpResponse) -> dict[str, str]:
    """The parameters of WWW-Authenticate, of a 401."""
    assert response.status_code == 401
    return dict(re.findall(r'(\w+)="([^"]*)"', response["WWW-Authenticate"]))


def token(app: App, **fields: Any) -> str:
    app.sign_in(**fields)
    return str(app.tokens()["access_token"])


def ago(seconds: int) -> dict[str, Any]:
    return {"auth_time": timezone.now() - timedelta(seconds=seconds)}


def test_a_weak_sign_in_is_told_the_level_that_would_do(app: App) -> None:
    demand(app, acr_values=["high"])
    response = app.userinfo(token(app, amr=["pwd"]))
    told = challenge(response)
    assert response["WWW-Authenticate"].startswith("Bearer ")
    assert (told["error"], told["acr_values"]) == ("insufficient_user_authentication", "high")
    assert "max_age" not in told
    assert told["resource_metadata"].endswith("/.well-known/oauth-protected-resource/oauth2/userinfo")
    assert response.json()["error"] == "insufficient_user_authentication"
    assert "sub" not in response.json()


def test_an_old_sign_in_is_told_the_age_that_would_do(app: App) -> None:
    demand(app, max_age=60)
    told = challenge(app.userinfo(token(app, **ago(90))))
    assert (told["error"], told["max_age"]) == ("insufficient_user_authentication", "60")
    assert "acr_values" not in told


@pytest.mark.parametrize(
    ("demanded", "sign_in"),
    [
        ({}, {"amr": ["pwd"]}),
        ({"acr_values": ["low"]}, {"amr": ["pwd"]}),
        ({"acr_values": ["high", "low"]}, {"amr": ["pwd"]}),
        ({"acr_values": ["low"]}, {"amr": ["pwd", "otp"]}),
        ({"acr_values": ["high"], "max_age": 60}, {"amr": ["pwd", "otp"]}),
    ],
)
def test_a_sign_in_that_is_enough_is_answered(
    app: App, demanded: dict[str, Any], sign_in: dict[str, Any]
) -> None:
    demand(app, **demanded)
    assert app.userinfo(token(app, **sign_in)).status_code == 200


def test_both_are_told_where_both_are_wanted(app: App) -> None:
    demand(app, acr_values=["high", "low"], max_age=60)
    told = challenge(app.userinfo(token(app, **ago(90))))
    assert (told["acr_values"], told["max_age"]) == ("high low", "60")


def test_a_bound_token_is_challenged_by_its_own_scheme(app: App) -> None:
    demand(app, max_age=60)
    app.sign_in(**ago(90))
    holder = Holder()
    body = app.post(
        "/oauth2/token",
        {
            "grant_type": "authorization_code",
            "code": app.code(),
            "redirect_uri": app.client.redirect_uris[0],
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        },
        HTTP_DPOP=holder.proof(),
    ).json()
    headers = holder.at_userinfo(body["access_token"])
    response = app.browser.get("/oauth2/userinfo", **headers)
    assert response["WWW-Authenticate"].startswith("DPoP ")
    assert challenge(response)["error"] == "insufficient_user_authentication"


def test_a_refresh_makes_no_sign_in_fresher(app: App) -> None:
    demand(app, max_age=60)
    app.sign_in(**ago(90))
    refreshed = app.refresh(app.tokens()["refresh_token"]).json()
    assert app.userinfo(refreshed["access_token"]).status_code == 401


def test_the_request_that_the_challenge_asks_for_has_the_person_sign_in(app: App) -> None:
    demand(app, max_age=60)
    told = challenge(app.userinfo(token(app, **ago(90))))
    assert "again=1" in location(app.authorize(max_age=told["max_age"]))


def test_userinfo_costs_no_statement_more(app: App, django_assert_num_queries: Any) -> None:
    value = token(app)
    with django_assert_num_queries(2):
        app.userinfo(value)
    demand(app, acr_values=["low"], max_age=600)
    app.userinfo(value)
    with django_assert_num_queries(2):
        assert app.userinfo(value).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [{"userinfo_acr_values": ["unheard of"]}, {"userinfo_max_age": 0}, {"userinfo_acr_values": ['a"b']}],
)
def test_what_nobody_could_fulfil_is_refused(db: None, fields: dict[str, Any]) -> None:
    client = make_client(**fields)
    with pytest.raises(ValidationError) as refused:
        client.full_clean()
    assert set(refused.value.message_dict) == set(fields)


def test_an_admin_sets_it_by_metadata_and_an_app_can_not(db: None) -> None:
    document = {
        "client_name": "Bank",
        "redirect_uris": ["https://bank.example/callback"],
        "signet_userinfo_acr_values": ["high"],
        "signet_userinfo_max_age": 300,
    }
    found = metadata.read(document, trusted=True).client
    assert (found.userinfo_acr_values, found.userinfo_max_age) == (["high"], 300)
    by_itself: Client = metadata.read(document).client
    assert (by_itself.userinfo_acr_values, by_itself.userinfo_max_age) == ([], None)
    with pytest.raises(InvalidClientMetadata, match="signet_userinfo_max_age"):
        metadata.read({**document, "signet_userinfo_max_age": "300"}, trusted=True)
