"""`manage.py doctor` names what is wrong and what was loosened, and its exit code says whether it works."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from idp import diagnosis
from idp.models import Client
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db


def doctor(*options: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def test_a_sound_installation_has_nothing_to_say(signing_keys: None) -> None:
    make_client(token_endpoint_auth_method="none")
    assert doctor() == ("Nothing is wrong.\n", 0)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"require_pkce": False}, "PKCE"),
        (
            {"response_types": ["code", "id_token"], "grant_types": ["authorization_code", "implicit"]},
            "browser",
        ),
        ({"request_uris": ["https://app.example/request"]}, "fetch"),
        ({"lenient_request_objects": True}, "signature"),
        ({"lenient_assertions": True}, "assertions"),
        ({"rotate_refresh_tokens": False}, "refresh tokens"),
    ],
)
def test_what_a_plan_asks_beyond_rfc_9700_is_named_with_its_app(
    signing_keys: None, fields: dict[str, Any], word: str
) -> None:
    client = make_client(name="Wiki", **fields)
    [finding] = [found for found in json.loads(doctor("--json")[0]) if word in found["what"]]
    assert finding["level"] == "warning"
    assert finding["about"] == f"app Wiki ({client.client_id})"
    assert finding["mend"] == f"client show {client.client_id}"
    assert doctor()[1] == 0, "a choice of an admin is no fault"


def test_an_app_that_is_switched_off_weakens_nothing(signing_keys: None) -> None:
    make_client(require_pkce=False)
    Client.objects.update(enabled=False)
    assert doctor()[0] == "Nothing is wrong.\n"


def test_keys_that_cannot_be_opened_are_an_error(signing_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keys.selftest.self_test", lambda now: ["key abc can't be opened"])
    text, code = doctor()
    assert "error: keys: key abc can't be opened" in text
    assert code == 1


def test_a_database_that_is_away_is_said_and_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(now: object) -> Any:
        raise OperationalError("no route")

    monkeypatch.setattr(diagnosis, "CHECKS", (away,))
    text, code = doctor()
    assert "It does not answer" in text
    assert code == 1
