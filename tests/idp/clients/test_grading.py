"""Grades of an app's registration: every rule of the table has an app that meets it and one that does not."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from idp.clients import grading
from idp.models import Client
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db
FAPI: dict[str, Any] = {
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "ES256",
    "dpop_bound_access_tokens": True,
    "require_pushed_authorization_requests": True,
    "rotate_refresh_tokens": False,
    "id_token_signed_response_alg": "ES256",
    "access_token_signed_response_alg": "ES256",
}
# Each changes the app that meets all of FAPI 2.0; named are the rules that are broken then.
BREAKS: list[tuple[dict[str, Any], set[str]]] = [
    ({"require_pkce": False}, {"OAuth 2.1 4.1.1, 7.5.1", "RFC 9700 2.1.1", "FAPI 2.0 5.3.2.2 (5)"}),
    (
        {"response_types": ["code", "code token"]},
        {"OAuth 2.1 10.1", "RFC 9700 2.1.2", "FAPI 2.0 5.3.2.2 (1)"},
    ),
    ({"response_types": ["code id_token"]}, {"OAuth 2.1 10.1", "FAPI 2.0 5.3.2.2 (1)"}),
    ({"redirect_uris": ["http://app.example/cb"]}, {"OAuth 2.1 1.5", "FAPI 2.0 5.3.2.2 (8)"}),
    ({"redirect_uris": ["http://127.0.0.1/cb"]}, {"FAPI 2.0 5.3.2.2 (8)"}),
    ({"redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native"}, set()),
    ({"redirect_uris": ["notes:/cb"], "application_type": "native"}, {"OAuth 2.1 8.4.3"}),
    ({"redirect_uris": ["com.example.notes:/cb"], "application_type": "native"}, set()),
    (
        {"token_endpoint_auth_method": "client_secret_basic", "token_endpoint_auth_signing_alg": ""},
        {"OAuth 2.1 2.4", "RFC 9700 2.5", "FAPI 2.0 5.3.2.1 (6)"},
    ),
    ({"access_token_seconds": 7200}, {"OAuth 2.1 7.1.3"}),
    ({"dpop_bound_access_tokens": False}, {"RFC 9700 2.2.1", "FAPI 2.0 5.3.2.1 (4), (5)"}),
    ({"scopes": ["openid", "invoices.read"]}, {"RFC 9700 2.3"}),
    ({"scopes": ["openid", "invoices.read"], "resources": ["https://api.example"]}, set()),
    ({"lenient_assertions": True}, {"FAPI 2.0 5.3.2.1 (8)"}),
    ({"rotate_refresh_tokens": True}, {"FAPI 2.0 5.3.2.1 (9)"}),
    ({"require_pushed_authorization_requests": False}, {"FAPI 2.0 5.3.2.2 (3)"}),
    ({"id_token_signed_response_alg": "RS256"}, {"FAPI 2.0 5.4.1 (1)"}),
    (
        {
            "token_endpoint_auth_method": "none",
            "token_endpoint_auth_signing_alg": "",
            "dpop_bound_access_tokens": False,
        },
        {
            "OAuth 2.1 4.3.1", "RFC 9700 2.2.2, 4.14", "RFC 9700 2.2.1",
            "FAPI 2.0 5.3.2.1 (3)", "FAPI 2.0 5.3.2.1 (4), (5)", "FAPI 2.0 5.3.2.1 (6)",
        },
    ),
]  # fmt: skip


def name(rule: grading.Rule) -> str:
    return f"{rule.profile} {rule.clause}"


def broken(client: Client) -> set[str]:
    return {name(rule) for grade in grading.grades(client) for rule in grade.missing}


def test_an_app_of_fapi_2_has_an_a_in_all() -> None:
    assert [grade.mark for grade in grading.grades(make_client(**FAPI))] == ["A", "A", "A"]


@pytest.mark.parametrize(("change", "rules"), BREAKS)
def test_a_registration_breaks(change: dict[str, Any], rules: set[str]) -> None:
    assert broken(make_client(**{**FAPI, **change})) == rules


def test_every_rule_is_broken_by_one_of_these() -> None:
    assert {name(rule) for rule in grading.RULES} == set().union(*(rules for _, rules in BREAKS))


def test_every_rule_leads_to_a_field_of_the_app() -> None:
    assert {rule.field for rule in grading.RULES} <= {field.name for field in Client._meta.get_fields()}


def test_an_ordinary_app_is_graded_by_what_it_lacks() -> None:
    marks = {grade.profile: grade.mark for grade in grading.grades(make_client())}
    assert marks == {"OAuth 2.1": "B", "RFC 9700": "B", "FAPI 2.0": "D"}
    one = make_client(**{**FAPI, "rotate_refresh_tokens": True})
    assert grading.grades(one)[2].mark == "C"


def test_the_server_s_own_demand_for_pushed_requests_counts(settings: Any) -> None:
    settings.REQUIRE_PUSHED_REQUESTS = True
    assert broken(make_client(**{**FAPI, "require_pushed_authorization_requests": False})) == set()


def test_the_command_prints_them() -> None:
    client, out = make_client(require_pkce=False), io.StringIO()
    call_command("client", "grade", client.client_id, stdout=out)
    assert "C  draft-ietf-oauth-v2-1-16" in out.getvalue()
    assert "must   4.1.1, 7.5.1: Sends PKCE with every sign-in." in out.getvalue()
    out = io.StringIO()
    call_command("client", "grade", client.client_id, "--json", stdout=out)
    grade = json.loads(out.getvalue())["grades"]["OAuth 2.1"]
    assert grade["grade"] == "C"
    [rule] = [rule for rule in grade["rules"] if not rule["holds"] and rule["strength"] == "must"]
    assert rule["mend"]
