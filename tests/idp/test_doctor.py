"""`manage.py doctor` names what is wrong and what was loosened, and its exit code says whether it works."""

import io
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from idp import diagnosis
from idp.diagnosis import Asked, Check, clock, database, files, keys, secrets
from idp.models import Client
from keys import ring
from keys.models import SigningKey
from tests.idp.app import make_client

pytestmark = pytest.mark.django_db


def doctor(*options: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("doctor", *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def found_by(check: Any, **asked: Any) -> list[tuple[str, str]]:
    return [(found.level, found.what) for found in check.check(Asked(timezone.now(), **asked))]


def test_a_sound_installation_has_nothing_to_say(signing_keys: None) -> None:
    make_client(token_endpoint_auth_method="none")
    looked = "database, settings, secrets, keys, clock, mail, static files, apps"
    assert doctor() == (f"Nothing is wrong. Looked at: {looked}.\n", 0)


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
        ({"application_type": "native", "redirect_uris": ["myapp:/cb"]}, "backwards"),
    ],
)
def test_what_is_beyond_rfc_9700_or_oauth_2_1_is_named_with_its_app(
    signing_keys: None, fields: dict[str, Any], word: str
) -> None:
    client = make_client(name="Wiki", **fields)
    [finding] = [found for found in json.loads(doctor("--json")[0]) if word in found["what"]]
    assert finding["check"] == "apps"
    assert finding["level"] == "warning"
    assert finding["about"] == f"app Wiki ({client.client_id})"
    assert finding["mend"]
    assert finding["link"] == f"/admin/idp/client/{client.pk}/change/"
    assert doctor()[1] == 0, "a choice of an admin is no fault"
    assert doctor("--strict")[1] == 1


def test_an_app_that_is_switched_off_weakens_nothing(signing_keys: None) -> None:
    make_client(require_pkce=False)
    Client.objects.update(enabled=False)
    assert doctor("--strict")[1] == 0


def test_s_140_keys_that_cannot_be_opened_are_an_error(
    signing_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keys.selftest.self_test", lambda now: ["key abc can't be opened"])
    text, code = doctor()
    assert "error: keys: key abc can't be opened" in text
    assert code == 1


def test_a_database_that_is_away_is_said_and_the_other_checks_go_on(
    signing_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(asked: Asked) -> Any:
        raise OperationalError("no route")

    checks = (
        Check("keys", "", away),
        Check("secrets", "", lambda asked: [diagnosis.Finding("warning", "x", "y", "")]),
    )
    monkeypatch.setattr(diagnosis, "CHECKS", checks)
    text, code = doctor()
    assert "error: keys: The database does not answer: OperationalError." in text
    assert "warning: x: y" in text
    assert code == 1


def test_every_finding_has_a_mend(signing_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the code, since no installation has all of them."""
    import ast

    for path in Path(diagnosis.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                assert len(node.args) >= 4, f"{path.name}:{node.lineno}"
                assert not (isinstance(node.args[3], ast.Constant) and not node.args[3].value), path.name


class TestDatabase:
    def test_migrations_that_were_not_applied(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "unapplied_migrations", lambda: True)
        assert ("error", "It lacks migrations.") in found_by(database)

    @pytest.mark.parametrize(
        ("statement", "value", "word"),
        [
            ("PRAGMA journal_mode", "delete", "not wal"),
            ("PRAGMA busy_timeout", "0", "gives up"),
            ("PRAGMA foreign_keys", "0", "foreign keys"),
        ],
    )
    def test_r_07_sqlite_set_otherwise(
        self, monkeypatch: pytest.MonkeyPatch, statement: str, value: str, word: str
    ) -> None:
        sound = {"PRAGMA journal_mode": "wal", "PRAGMA busy_timeout": "10000", "PRAGMA foreign_keys": "1"}
        monkeypatch.setattr(database, "_value", {**sound, statement: value}.__getitem__)
        [finding] = database._sqlite()
        assert word in finding.what

    @pytest.mark.parametrize(
        ("statement", "value", "word"),
        [
            ("SHOW server_version_num", "130004", "PostgreSQL 13"),
            ("SHOW server_encoding", "SQL_ASCII", "encoding"),
            ("SHOW synchronous_commit", "off", "take back"),
            ("SHOW transaction_read_only", "on", "only reads"),
            ("SHOW max_connections", "6", "connections"),
        ],
    )
    def test_postgresql_set_otherwise(
        self, monkeypatch: pytest.MonkeyPatch, statement: str, value: str, word: str
    ) -> None:
        sound = {
            "SHOW server_version_num": "180000",
            "SHOW server_encoding": "UTF8",
            "SHOW synchronous_commit": "on",
            "SHOW transaction_read_only": "off",
            "SHOW max_connections": "100",
            "SHOW superuser_reserved_connections": "3",
        }
        monkeypatch.setattr(database, "_value", {**sound, statement: value}.__getitem__)
        [finding] = database._postgresql()
        assert word in finding.what

    def test_the_engine_at_hand_is_really_asked(self) -> None:
        assert connection.vendor in database.ENGINES
        assert found_by(database) == []


class TestSecrets:
    def test_s_140_a_key_of_words_is_an_error_in_public(self, settings: Any, tmp_path: Path) -> None:
        settings.LOCAL, settings.DATA_DIR = False, tmp_path
        settings.SECRET_KEY = "change-me-" * 6
        assert [level for level, _ in found_by(secrets)] == ["error"]
        settings.SECRET_KEY = "x1PzG7Rk0uWc5nYtQe9LmA2sVbJ8hDfO3iKZ6rTgNpXy4CwEqUvBaMSlFjHo-_d"
        assert found_by(secrets) == []

    def test_a_key_that_was_replaced_is_named_until_it_is_gone(self, settings: Any, tmp_path: Path) -> None:
        settings.DATA_DIR, settings.SECRET_KEY_FALLBACKS = tmp_path, ["the key before"]
        [(level, what)] = found_by(secrets)
        assert level == "hint"
        assert "IDP_SECRET_KEY_PREVIOUS" in what
        settings.SECRET_KEY_FALLBACKS = []
        assert found_by(secrets) == []

    def test_a_file_that_others_may_open(self, settings: Any, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path
        (tmp_path / "secret_key").write_text("x")
        os.chmod(tmp_path / "secret_key", 0o640)
        os.chmod(tmp_path, 0o700)
        assert found_by(secrets) == []
        os.chmod(tmp_path, 0o755)
        [(level, what)] = found_by(secrets)
        assert level == "warning"
        assert "secret_key" in what
        os.chmod(tmp_path / "secret_key", 0o600)
        assert found_by(secrets) == []


class TestKeys:
    def test_none_that_signs(self, signing_keys: None, settings: Any) -> None:
        settings.KEYS_ALGORITHMS = ["RS256", "ES256"]
        assert found_by(keys) == [("error", "No key signs ES256.")]

    def test_s_141_a_successor_that_nobody_made(self, signing_keys: None, settings: Any) -> None:
        late = SigningKey.objects.get().signs_until - timedelta(hours=1)
        [finding] = keys.check(Asked(late))
        assert "should be public by now" in finding.what

    def test_one_sealed_with_an_earlier_encryption_key(self, signing_keys: None, settings: Any) -> None:
        settings.KEYS_ENCRYPTION_KEYS = {"2": os.urandom(32), **settings.KEYS_ENCRYPTION_KEYS}
        [(_, what)] = found_by(keys)
        assert "still sealed" in what


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, None), (4, None), (-6, "warning"), (31, "error"), (-40, "error")]
)
def test_r_09_a_clock_that_is_apart(seconds: int, level: str | None) -> None:
    levels = [finding.level for finding in clock.apart("clock", "theirs", seconds)]
    assert levels == ([level] if level else [])


class TestMail:
    def test_that_goes_nowhere_in_public(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert found_by(diagnosis.mail) == [("hint", "Mail is printed to the terminal.")]
        settings.LOCAL = False
        assert [level for level, _ in found_by(diagnosis.mail)] == ["warning"]

    def test_a_hint_is_no_fault(self, signing_keys: None, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        text, code = doctor("--strict")
        hint, verdict = text.splitlines()
        assert hint == "hint: mail: Mail is printed to the terminal. → IDP_EMAIL_URL sends it."
        assert verdict.startswith("Nothing is wrong.")
        assert code == 0

    def test_a_server_that_is_not_there(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = diagnosis.mail.SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        [(level, what)] = found_by(diagnosis.mail)
        assert (level, what) == ("error", "127.0.0.1:1 takes none: ConnectionRefusedError.")

    def test_a_server_that_is_spoken_to_in_the_clear(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(diagnosis.mail, "_greeting", lambda: iter(()))
        settings.EMAIL_BACKEND = diagnosis.mail.SMTP
        settings.EMAIL_HOST = "mail.example.com"
        assert "unencrypted" in found_by(diagnosis.mail)[0][1]

    def test_none_is_sent_unless_somebody_is_named(self) -> None:
        assert found_by(diagnosis.mail) == []
        assert mail.outbox == []
        assert found_by(diagnosis.mail, mail_to="me@example.com") == []
        assert [sent.to for sent in mail.outbox] == [["me@example.com"]]


def test_static_files_that_were_not_collected(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idp.static_storage import Storage

    storage = Storage(location=tmp_path)
    monkeypatch.setattr(files, "staticfiles_storage", storage)
    assert "were not collected" in found_by(files)[0][1]
    (tmp_path / "staticfiles.json").write_text(
        '{"version": "1.1", "paths": {"a.css": "a.123.css"}, "hash": ""}'
    )
    assert "a.123.css among them" in found_by(files)[0][1]
    (tmp_path / "a.123.css").write_text("")
    assert found_by(files) == []


@pytest.fixture(autouse=True)
def fresh_ring() -> Iterator[None]:
    yield
    ring.forget()
