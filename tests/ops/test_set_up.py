"""What `manage.py up` prepares: one process at a time, and only what is needed."""

import threading
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts import setup
from accounts.models import AuditEvent
from idp.clients import registry
from idp.clients.authentication import SECRET
from idp.management import demo, static_files
from idp.management.commands import up
from idp.management.locking import one_at_a_time
from idp.models import Client, ClientSecret
from idp.protocol import secrets

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
APPS = demo.apps(8000)


@pytest.mark.django_db(transaction=True)
def test_r_11_only_one_sets_up_a_database_at_a_time(settings, tmp_path: Path):
    settings.DATA_DIR = tmp_path
    entered, leave, order = threading.Event(), threading.Event(), []

    def first() -> None:
        from django.db import connection

        with one_at_a_time():
            entered.set()
            leave.wait(10)
            order.append("first")
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    threading.Timer(0.1, leave.set).start()
    with one_at_a_time():
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_static_files_are_collected_once(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings.STATIC_ROOT = tmp_path
    collected = []
    monkeypatch.setattr(static_files, "call_command", lambda *args, **options: collected.append(args))
    static_files.collect()
    static_files.collect()
    assert len(collected) == 1


def test_static_files_are_collected_again_when_one_changed(settings, tmp_path: Path, monkeypatch):
    settings.STATIC_ROOT = tmp_path
    collected = []
    monkeypatch.setattr(static_files, "call_command", lambda *args, **options: collected.append(args))
    static_files.collect()
    monkeypatch.setattr(static_files, "_fingerprint", lambda: "another")
    static_files.collect()
    assert len(collected) == 2


@pytest.mark.django_db
def test_the_demo_apps_are_registered_once_however_often_it_starts():
    demo.register(APPS, NOW)
    demo.register(APPS, NOW)
    assert Client.objects.count() == ClientSecret.objects.count() == 2
    assert AuditEvent.objects.filter(type="client.created").count() == 2


@pytest.mark.django_db
def test_a_demo_app_can_prove_itself_with_what_it_is_started_with():
    demo.register(APPS, NOW)
    first, _ = demo.processes(APPS)
    client = registry.find(first.environ["OIDC_CLIENT_ID"])
    assert client is not None
    [secret] = client.secrets.all()
    assert secrets.matches(first.environ["OIDC_CLIENT_SECRET"], secret.digest, SECRET)


@pytest.mark.django_db
def test_the_demo_apps_follow_the_port():
    demo.register(demo.apps(8000), NOW)
    demo.register(demo.apps(9000), NOW)
    notes = Client.objects.get(client_id="demo-notes")
    assert notes.redirect_uris == ["http://localhost:9001/callback"]


def test_a_demo_app_gets_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IDP_SECRET_KEY", "hidden")
    monkeypatch.setenv("DATABASE_URL", "postgres://hidden")
    for process in demo.processes(APPS):
        assert "hidden" not in str(process.environ)


@pytest.mark.django_db
def test_s_133_the_first_start_shows_a_link_and_later_ones_do_not(django_user_model, settings):
    assert dict(up.facts((), NOW))["First admin"].startswith(settings.ISSUER)
    django_user_model.objects.create(username="alice", is_staff=True, is_superuser=True)
    assert setup.has_admin()
    facts = dict(up.facts((), NOW))
    assert "First admin" not in facts
    assert facts["Admin"] == f"{settings.ISSUER}/admin/"


def test_a_taken_port_is_named_with_a_way_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("idp.management.processes.is_free", lambda port: port != 8001)
    with pytest.raises(CommandError, match=r"8001, where the demo app Notes.*PORT=9000"):
        up.refuse_taken_ports(8000, APPS)


@pytest.mark.parametrize(
    ("issuer", "local", "port"),
    [
        ("http://localhost:8123", True, 8123),
        ("http://localhost", True, 8000),
        ("https://id.example.com", False, 8000),
        ("https://id.example.com:8443", False, 8000),
    ],
)
def test_it_listens_where_the_issuer_says_on_this_machine(settings, issuer: str, local: bool, port: int):
    settings.ISSUER, settings.LOCAL = issuer, local
    assert up.default_port() == port


def test_the_printed_settings_hold_no_secret():
    out = StringIO()
    call_command("settings", stdout=out)
    assert "********" in out.getvalue()
    assert "only-for-tests" not in out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(("switch", "told"), [("on", True), ("admin", False), ("off", False)])
def test_up_says_where_the_playground_is_where_it_is_open_to_everybody(settings, switch: str, told: bool):
    settings.PLAYGROUND = switch
    assert (("Playground", "http://localhost:8000/playground") in up.facts((), NOW)) is told
