"""`manage.py token inspect` says what the inspector's page says, and never the token itself."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from idp.models import Grant
from tests.idp.app import App

pytestmark = pytest.mark.django_db


def inspect(token: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[str, int]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(token + "\n"))
    out, code = io.StringIO(), 0
    try:
        call_command("token", "inspect", *options, stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    assert token not in out.getvalue()
    assert token.rpartition(".")[2] not in out.getvalue()
    return out.getvalue(), code


def test_a_live_token_of_ours_is_told_whole(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    text, code = inspect(app.tokens()["access_token"], monkeypatch)
    assert code == 0
    assert "access token of this provider" in text
    assert "✓ Signature: Right" in text
    assert "✓ Grant: Lives" in text
    assert "Whom it is for" in text


def test_an_id_token_has_its_article(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = inspect(app.tokens()["id_token"], monkeypatch)
    assert text.startswith("An ID token of this provider.")


def test_one_whose_grant_ended_fails(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    token = app.tokens()["access_token"]
    Grant.objects.update(revoked_at=timezone.now(), revoke_reason="by a test")
    text, code = inspect(token, monkeypatch, "--json")
    assert code == 1
    said: dict[str, Any] = json.loads(text)
    assert said["proven"] is True
    assert [fact["name"] for fact in said["facts"] if fact["good"] is False] == ["Grant"]


def test_a_forged_one_proves_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    header, payload, signature = app.tokens()["id_token"].split(".")
    forged = f"{header}.{payload}.{'A' + signature[1:] if signature[0] != 'A' else 'B' + signature[1:]}"
    text, code = inspect(forged, monkeypatch)
    assert code == 1
    assert "proves nothing" in text
    assert "✓" not in text


def test_it_reads_a_file(app: App, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(app.tokens()["id_token"])
    out = io.StringIO()
    call_command("token", "inspect", str(tmp_path / "token"), "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert said["kind"] == "ID token"
    assert said["sources"]["nonce"] == "the app's request"


@pytest.mark.parametrize("text", ["", "abc", "a.b.c", "\x00", "x" * 70_000])
def test_what_is_no_token_is_said(text: str, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(CommandError, match="no JWT"):
        call_command("token", "inspect")


def test_a_file_that_is_not_there(db: None) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("token", "inspect", "/nowhere/at/all")
