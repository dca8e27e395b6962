"""An app's back-channel logout endpoint on loopback: answers as it is told, and keeps what it was sent."""

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt


class Receiver:
    """`with Receiver() as receiver:`; `down()` and `up()` keep the port."""

    def __init__(self) -> None:
        self.status, self.body, self.delay = 200, b"", 0.0
        self.requests: list[dict[str, Any]] = []
        self.port = 0

    def __enter__(self) -> "Receiver":
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> None:
        receiver = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.requests.append({**dict(self.headers), "path": self.path, "form": parse_qs(body)})
                time.sleep(receiver.delay)
                self.send_response(receiver.status)
                if receiver.status in (302, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # who asked may not have waited
                    self.wfile.write(receiver.body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Endpoint)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/logout?app=1"

    @property
    def tokens(self) -> list[str]:
        return [request["form"]["logout_token"][0] for request in self.requests]

    @property
    def claims(self) -> list[dict[str, Any]]:
        """What the tokens say, not verified."""
        return [jwt.decode(token, options={"verify_signature": False}) for token in self.tokens]

    @property
    def sids(self) -> list[str]:
        return [claims["sid"] for claims in self.claims]
