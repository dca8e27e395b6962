"""The order in which checks are said to be made is the order in which they are made.

A request with every fault is refused for the first of them; without that, for the second; and so on to the last.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from idp.grants import GRANTS as SERVED
from idp.models import Grant, Trace
from idp.protocol.checks import GRANTS, Outcome, order, steps
from tests.idp.app import CALLBACK, VERIFIER, App

Fault = tuple[str, dict[str, Any]]

AUTHORIZE: list[Fault] = [
    ("client", {"client_id": "nobody"}),
    ("redirect-uri", {"redirect_uri": "https://other.example/"}),
    ("parameter-length", {"state": "x" * 2049}),
    ("parameter-missing:response_type", {"response_type": None}),
    ("response-type", {"response_type": "token"}),
    ("response-mode", {"response_mode": "pigeon"}),
    ("scope", {"scope": "admin"}),
    ("claims", {"claims": "{"}),
    ("display", {"display": "wall"}),
    ("resource", {"resource": "wiki"}),
    ("resource-known", {"resource": "https://wiki.example/"}),
    ("acr", {"claims": '{"id_token": {"acr": {"essential": true, "values": ["gold"]}}}'}),
    ("pkce-challenge", {"code_challenge": "short"}),
    ("dpop-jkt", {"dpop_jkt": "short"}),
    ("prompt", {"prompt": "please"}),
    ("max-age", {"max_age": "1h"}),
    ("id-token-hint", {"id_token_hint": "x"}),
]
GONE = timezone.now() - timedelta(days=1)
# What is wrong with the token request, and with the sign-in behind it.
CODE: list[Fault] = [
    ("parameter-missing:code", {"code": None}),
    ("resource", {"resource": "wiki"}),
    ("code", {"code": "x.y"}),
    ("code-once", {"grant.redeemed_at": GONE}),
    ("code-redirect-uri", {"redirect_uri": f"{CALLBACK}/"}),
    ("pkce", {"code_verifier": "w" * 43}),
    ("key-binding", {"grant.dpop_jkt": "A" * 43}),
    ("code-age", {"grant.code_expires_at": GONE}),
    ("grant-alive", {"grant.revoked_at": GONE}),
    ("resource-granted", {"resource": "https://wiki.example/"}),
]
REFRESH: list[Fault] = [
    ("parameter-missing:refresh_token", {"refresh_token": None}),
    ("resource", {"resource": "wiki"}),
    ("refresh-token", {"refresh_token": "x"}),
    ("grant-alive", {"grant.revoked_at": GONE}),
    ("refresh-token-age", {"grant.expires_at": GONE}),
    ("key-binding", {"grant.dpop_jkt": "A" * 43}),
    ("scope-granted", {"scope": "admin"}),
    ("resource-granted", {"resource": "https://wiki.example/"}),
    ("refresh-token-once", {"grant.generation": 7}),
]


def peeled(faults: list[Fault]) -> list[tuple[str, dict[str, Any]]]:
    """(the check that has to fail, all faults from there on); where two change one thing, the first has its way."""
    found = []
    for position, (check, _) in enumerate(faults):
        changes: dict[str, Any] = {}
        for _, each in reversed(faults[position:]):
            changes |= each
        found.append((check, changes))
    return found


def failed() -> str:
    trace = Trace.objects.order_by("-pk")[0]
    parameter = trace.detail["facts"].get("parameter", "")
    by_parameter = f"{trace.failed}:{parameter}"
    return by_parameter if by_parameter in order(trace.endpoint, trace.detail["grant_type"]) else trace.failed


def spoiled(changes: dict[str, Any]) -> dict[str, Any]:
    """Spoils the one grant, and returns what is left to change in the request."""
    grant = {
        name.removeprefix("grant."): value for name, value in changes.items() if name.startswith("grant.")
    }
    if grant:
        Grant.objects.update(**grant)
    return {name: value for name, value in changes.items() if not name.startswith("grant.")}


def test_of_an_authorization_request(app: App) -> None:
    found = []
    for _, changes in peeled(AUTHORIZE):
        app.authorize(**changes)
        found.append(failed())
    assert found == [check for check, _ in AUTHORIZE]


def test_of_a_code(app: App) -> None:
    found = []
    for _, changes in peeled(CODE):
        Grant.objects.all().delete()
        code = app.code()
        params = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **spoiled(changes)}
        app.token(grant_type="authorization_code", **params)
        found.append(failed())
    assert found == [check for check, _ in CODE]


def test_of_a_refresh(app: App) -> None:
    found = []
    for _, changes in peeled(REFRESH):
        Grant.objects.all().delete()
        token = app.tokens()["refresh_token"]
        params = {"grant_type": "refresh_token", "refresh_token": token, **spoiled(changes)}
        app.token(**params)
        found.append(failed())
    assert found == [check for check, _ in REFRESH]


def test_of_who_the_app_is(app: App) -> None:
    nobody, params = "Basic bm9ib2R5Ong=", {"a": "b"}
    app.post("/oauth2/token", params, HTTP_AUTHORIZATION="Basic %")
    first = failed()
    app.post("/oauth2/token", params, HTTP_AUTHORIZATION=nobody)
    second = failed()
    app.post("/oauth2/token", params)
    assert [first, second, failed()] == ["credentials", "authentication", "parameter-missing:grant_type"]


@pytest.mark.parametrize(
    ("endpoint", "grant_type", "faults"),
    [
        ("authorize", "", AUTHORIZE),
        ("token", "authorization_code", CODE),
        ("token", "refresh_token", REFRESH),
    ],
)
def test_the_tables_above_are_in_the_order_of_the_checks(
    endpoint: str, grant_type: str, faults: list[Fault]
) -> None:
    places = order(endpoint, grant_type)
    positions = [places.index(check) for check, _ in faults]
    assert positions == sorted(positions)


def test_what_passed_and_what_was_not_reached() -> None:
    found = {step.check: step.outcome for step in steps("token", "pkce", grant_type="authorization_code")}
    assert found["code-redirect-uri"] is Outcome.PASSED
    assert found["authentication"] is Outcome.PASSED
    assert found["pkce"] is Outcome.FAILED
    assert found["code-age"] is Outcome.NOT_REACHED
    assert "refresh-token" not in found


def test_a_parameter_that_is_missing_stands_where_it_is_looked_for() -> None:
    found = [
        (step.check, step.parameter, step.outcome)
        for step in steps("token", "parameter-missing", parameter="code", grant_type="authorization_code")
        if step.check == "parameter-missing"
    ]
    assert found == [
        ("parameter-missing", "grant_type", Outcome.PASSED),
        ("parameter-missing", "code", Outcome.FAILED),
    ]


def test_grant_types_are_those_that_there_are() -> None:
    assert set(GRANTS) == set(SERVED)
