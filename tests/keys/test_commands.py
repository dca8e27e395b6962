"""`manage.py keys …`: everything that the pages can do, for people and with --json for programs."""

import io
import json
import sys
from datetime import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from keys import events, rotation
from keys.models import SigningKey

from .conftest import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> SigningKey:
    return rotation.ensure_schedule(timezone.now())[0]


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("keys", *words, stdout=out, stderr=out)
    return out.getvalue()


def told(*words: str) -> Any:
    return json.loads(said(*words, "--json"))


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_list_shows_each_key_and_why(key: SigningKey) -> None:
    assert key.kid in said("list")
    assert "Signs every new RS256 token" in said("list")
    [report] = told("list")
    assert (report["kid"], report["state"], report["sealed_with"]) == (key.kid, "signing", "1")


def test_schedule_tells_what_comes(key: SigningKey) -> None:
    assert "the next key is published" in said("schedule")
    changes = [event["change"] for event in told("schedule")]
    assert changes == ["is published", "signs no more", "leaves the JWKS"]


def test_rotate_says_when_apps_see_the_key_and_when_it_signs(key: SigningKey) -> None:
    [report] = told("rotate")
    seen, signs = (datetime.fromisoformat(report[name]) for name in ("seen_by_every_app_at", "signs_from"))
    published = datetime.fromisoformat(report["published_at"])
    assert seen - published == DAY / 24
    assert signs - published == 7 * DAY
    assert "it signs from" in said("rotate")


def test_rotate_takes_one_algorithm(key: SigningKey, settings: Settings) -> None:
    settings.KEYS_ALGORITHMS = ["RS256", "ES256"]
    [report] = told("rotate", "--algorithm", "ES256")
    assert report["algorithm"] == "ES256"
    assert SigningKey.objects.filter(algorithm="RS256").count() == 1


def test_rotate_of_an_unused_algorithm_is_refused(key: SigningKey) -> None:
    with pytest.raises(CommandError, match="not among"):
        said("rotate", "--algorithm", "ES256")


def test_s_142_revoke_says_what_it_hits_and_needs_a_yes(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(events, "impact", [lambda kid, now: {"live grants": 34}])
    err = io.StringIO()
    answer(monkeypatch, "y\n")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("keys", "revoke", key.kid, stderr=err)
    assert "This can hit 34 live grants." in err.getvalue()
    assert SigningKey.objects.get().revoked_at is None


def test_s_142_revoke_after_a_yes(key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "yes\n")
    assert "has left the JWKS" in said("revoke", key.kid)
    assert SigningKey.objects.get(kid=key.kid).revoked_at


def test_s_142_where_nobody_can_be_asked_revoke_needs_the_option(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, "")
    with pytest.raises(CommandError, match="--yes"):
        said("revoke", key.kid)
    report = told("revoke", key.short_kid, "--yes", "--reason", "laptop lost")
    assert (report["state"], report["revoke_reason"]) == ("revoked", "laptop lost")
    assert SigningKey.objects.get(kid=report["replacement"]).state(timezone.now()) == "signing"


@pytest.mark.parametrize("kid", ["", "unknown"])
def test_revoke_needs_a_key(key: SigningKey, kid: str) -> None:
    with pytest.raises(CommandError):
        said("revoke", kid, "--yes")
    assert SigningKey.objects.get().revoked_at is None


def test_s_140_rewrap_says_how_many_and_with_what(key: SigningKey, settings: Settings) -> None:
    settings.KEYS_ENCRYPTION_KEYS = {"2": bytes(range(32)), **settings.KEYS_ENCRYPTION_KEYS}
    assert told("rewrap") == {"rewrapped": 1, "version": "2"}
    assert told("rewrap") == {"rewrapped": 0, "version": "2"}
    assert told("list")[0]["sealed_with"] == "2"


def test_s_140_rewrap_without_the_old_encryption_key_is_refused(key: SigningKey, settings: Settings) -> None:
    settings.KEYS_ENCRYPTION_KEYS = {"2": bytes(range(32))}
    with pytest.raises(CommandError, match="encryption key"):
        said("rewrap")


@pytest.mark.parametrize("words", [["list"], ["schedule"], ["rotate"], ["rewrap"]])
def test_s_140_no_output_holds_a_private_half(key: SigningKey, words: list[str]) -> None:
    for output in (said(*words), said(*words, "--json")):
        assert key.sealed[20:60] not in output
        assert not {'"d"', '"p"', '"q"'} & set(output.split())
