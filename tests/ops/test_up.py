"""`manage.py up` from the outside: what a newcomer sees after the first command, and how it ends."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from idp.management.processes import is_free, is_open
from tests.live.process import ROOT, environment
from tests.live.server import DATABASE, Server

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    """The first of three that are free."""
    candidates = (20_000 + secrets.randbelow(10_000) for _ in range(100))
    return next(port for port in candidates if all(is_free(port + offset) for offset in range(3)))


Up = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables and static files, as a first start leaves them: it is three seconds at work for these."""
    server = Server(tmp_path_factory.mktemp("installed")).prepare()
    server.stop()
    return server.folder


@pytest.fixture
def up(installed: Path, up_from_nothing: Up, tmp_path: Path) -> Up:
    shutil.copyfile(installed / DATABASE, tmp_path / DATABASE)
    shutil.copytree(installed / "static", tmp_path / "static")
    return up_from_nothing


@pytest.fixture
def up_from_nothing(tmp_path: Path, port: int) -> Iterator[Up]:
    started: list[subprocess.Popen[str]] = []

    def up(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "manage.py", "up", f"--port={port}", "--workers=1", *options]
        env = environment(IDP_DATA_DIR=str(tmp_path), IDP_EMAIL_URL="console:")
        started.append(subprocess.Popen(command, cwd=ROOT, env=env, stdout=-1, stderr=-2, text=True))
        return started[-1]

    yield up
    for process in started:
        process.terminate()  # it ends its children; killed at once, it could not
        process.communicate(timeout=30)


def read_until(process: subprocess.Popen[str], last: str) -> str:
    """What it prints, up to the line with `last` or its end."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if last in line:
            break
    return text


def test_one_command_leads_to_a_link_and_two_apps(up_from_nothing: Up, port: int):
    said = read_until(up_from_nothing(), "Photos")
    assert f"http://localhost:{port}" in said, said
    link = re.search(r"First admin +(\S+)", said)
    assert link, said
    assert requests.get(link[1], timeout=10).status_code == 200
    for app in (f"http://localhost:{port + 1}", f"http://127.0.0.1:{port + 2}"):
        assert app in said
        assert "Sign in with Signet" in requests.get(app, timeout=10).text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_everything_it_started(up: Up, port: int, number: int):
    process = up()
    read_until(process, "Photos")
    process.send_signal(number)
    assert process.wait(20) == 0
    assert not any(is_open(port + offset) for offset in range(3))


def test_it_ends_when_a_server_beside_it_dies(up: Up, port: int):
    process = up()
    read_until(process, "Photos")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[1]), signal.SIGKILL)
    assert process.wait(20) != 0
    assert not is_open(port)


def test_other_commands_mean_the_server_that_was_started(up: Up, tmp_path: Path, port: int):
    read_until(up("--no-demo"), "setup-link")
    env = environment(IDP_DATA_DIR=str(tmp_path))
    command = [sys.executable, "manage.py", "setup-link"]
    said = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=True).stdout
    assert f"http://localhost:{port}/" in said
    chosen = env | {"IDP_ISSUER": "http://localhost:1234"}
    said = subprocess.run(command, cwd=ROOT, env=chosen, text=True, capture_output=True, check=True).stdout
    assert "http://localhost:1234/" in said


def test_the_last_address_is_not_the_next_port(tmp_path: Path):
    """`make run` without a port is the README's address, whatever the start before it was told."""
    (tmp_path / "address").write_text("http://localhost:23456")
    show = (
        "import idp.settings, idp.management.commands.up as up; print(idp.settings.ISSUER, up.default_port())"
    )
    env = environment(IDP_DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="idp.settings")
    code = f"import django; django.setup(); {show}"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, text=True, capture_output=True)
    assert said.stdout.split() == ["http://localhost:23456", "8000"], said.stderr


def test_a_second_start_asks_for_no_admin_when_there_is_one(up: Up, tmp_path: Path, port: int):
    first = up("--no-demo")
    read_until(first, "setup-link")
    make = [sys.executable, "manage.py", "user", "create", "alice", "--superuser", "--password-stdin"]
    env = environment(IDP_DATA_DIR=str(tmp_path), IDP_ISSUER=f"http://localhost:{port}")
    made = subprocess.run(
        make, cwd=ROOT, env=env, input="correct horse battery", text=True, capture_output=True
    )
    assert made.returncode == 0, made.stderr
    first.terminate()
    first.wait(20)
    said = read_until(up("--no-demo"), "Admin")
    assert "First admin" not in said
    assert f"http://localhost:{port}/admin/" in said


def test_without_demo_apps_it_becomes_the_server(up: Up, port: int):
    """systemd and containers then watch gunicorn itself."""
    process = up("--no-demo")
    read_until(process, "setup-link")
    while not is_open(port):
        assert process.poll() is None
    assert b"gunicorn" in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert not is_open(port + 1)


def test_s_140_it_does_not_start_with_keys_that_it_cannot_open(up: Up, tmp_path: Path):
    first = up("--no-demo")
    read_until(first, "setup-link")
    first.terminate()
    first.wait(20)
    (tmp_path / "encryption_keys").write_text("1:" + "Q" * 43 + "=")
    second = up("--no-demo")
    assert "cannot be opened" in read_until(second, "cannot be opened")
    assert second.wait(20) != 0


def test_s_140_gunicorn_alone_does_not_either(tmp_path: Path, port: int):
    env = environment(IDP_DATA_DIR=str(tmp_path))
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
    gunicorn = [sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}"]
    with subprocess.Popen(gunicorn, cwd=ROOT, env=env) as first:
        while not is_open(port):
            assert first.poll() is None
        first.terminate()
    (tmp_path / "encryption_keys").write_text("1:" + "Q" * 43 + "=")
    second = subprocess.run(gunicorn, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert second.returncode != 0
    assert "cannot be opened" in second.stderr
