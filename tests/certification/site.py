"""The relying party's own web site: what the provider fetches from it, and what it is sent there."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Visit:
    """One request to the site."""

    method: str
    path: str
    query: dict[str, list[str]]
    content_type: str
    form: dict[str, list[str]]


@dataclass
class Site:
    """`put("/jwks.json", text)` serves it; `visits` are all requests so far. On loopback, and so by plain http."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)

    def __post_init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self.answer(parse_qs(body))

            def answer(self, form: dict[str, list[str]]) -> None:
                parts = urlsplit(self.path)
                kind = self.headers.get("Content-Type", "")
                site.visits.append(Visit(self.command, parts.path, parse_qs(parts.query), kind, form))
                content_type, body = site.files.get(parts.path, ("text/plain", b""))
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def put(self, path: str, text: str, content_type: str = "application/json") -> str:
        """Serves the text at `path`; its address."""
        self.files[path] = (content_type, text.encode())
        return self.url + path

    def to(self, path: str) -> list[Visit]:
        return [visit for visit in self.visits if visit.path == path]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
