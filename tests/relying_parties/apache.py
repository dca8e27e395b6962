"""Apache in a process of its own: its modules, a port, a documented configuration, and an application behind it."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from idp.management.processes import is_open

PROGRAM = shutil.which("apache2", path="/usr/sbin:/usr/bin:/usr/local/sbin")
MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "proxy", "proxy_http", "auth_openidc")
AROUND = """
ServerName 127.0.0.1
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
StartServers 1
{user}
{modules}
{documented}
ProxyPass /signed-in !
ProxyPass / http://127.0.0.1:{behind}/
"""


class Application(BaseHTTPRequestHandler):
    """Says which headers Apache gave it."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


class Apache:
    """`with Apache(folder) as apache: apache.start(documented)`; its address is known before it starts."""

    def __init__(self, folder: Path) -> None:
        if PROGRAM is None or not (MODULES / "mod_auth_openidc.so").exists():
            pytest.skip("Apache or its mod_auth_openidc is not installed")
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Apache":
        self._behind = ThreadingHTTPServer(("127.0.0.1", 0), Application)
        self._behind.daemon_threads = True
        threading.Thread(target=self._behind.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def start(self, documented: str) -> None:
        configuration = self.folder / "apache.conf"
        configuration.write_text(
            AROUND.format(
                folder=self.folder,
                port=self.port,
                behind=self._behind.server_port,
                user="User www-data\nGroup www-data" if os.getuid() == 0 else "",
                modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED),
                documented=documented,
            )
        )
        self._process = subprocess.Popen([str(PROGRAM), "-X", "-f", configuration])
        until = time.monotonic() + 20
        while not is_open(self.port):
            assert self._process.poll() is None, f"Apache does not take the documented block:\n{self.log()}"
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)

    def log(self) -> str:
        log = self.folder / "error.log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        self._behind.shutdown()
        self._behind.server_close()
