"""One keep-alive HTTP/1.1 connection to loopback, lean because driver and server share the machine."""

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


class BenchError(Exception):
    """An answer that was not what the operation asks for; it fails the run."""


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        for value in self.headers(name):
            return value
        return ""

    def headers(self, name: str) -> list[str]:
        wanted = name.lower().encode()
        pairs = (line.partition(b":") for line in self.head.split(b"\r\n")[1:])
        return [value.strip().decode("latin-1") for key, _, value in pairs if key.lower() == wanted]

    def json(self) -> dict[str, Any]:
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise BenchError("expected a JSON object")
        return value

    def expect(self, *statuses: int) -> "Answer":
        if self.status not in statuses:
            raise BenchError(f"expected {statuses}, got {self.status}: {self.body[:300]!r}")
        return self


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


class Connection:
    """A connection with its own cookies; it opens itself again when the server has closed it."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._fixed = f"Host: {parts.netloc}\r\nAccept: */*\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.cookies: dict[str, str] = {}

    async def get(self, target: str, **headers: str) -> Answer:
        return await self._request("GET", target, headers, b"")

    async def post(self, target: str, form: dict[str, str], **headers: str) -> Answer:
        return await self._request(
            "POST", target, {"Content-Type": FORM, **headers}, urlencode(form).encode()
        )

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None

    async def _request(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        message = self._message(method, target, headers, body)
        for attempt in (1, 2):
            fresh = self._streams is None
            try:
                answer = await self._exchange(message)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                self.close()
                if fresh or attempt == 2:  # an idle connection may have been closed under us; a new one not
                    raise BenchError(f"{method} {target[:80]}: connection lost") from error
            else:
                self._keep_cookies(answer)
                return answer
        raise AssertionError("unreachable")

    def _message(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        path = target.removeprefix(self._origin)
        lines = [f"{method} {path} HTTP/1.1\r\n", self._fixed]
        lines += [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()) + "\r\n")
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}\r\n")
        return ("".join(lines) + "\r\n").encode("latin-1") + body

    async def _exchange(self, message: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
        reader, writer = self._streams
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        status, lower = int(head[9:12]), head.lower()
        body = await self._body(reader, status, lower)
        if b"\r\nconnection: close" in lower:
            self.close()
        return Answer(status, head, body)

    @staticmethod
    async def _body(reader: asyncio.StreamReader, status: int, lower: bytes) -> bytes:
        if status in (204, 304):
            return b""
        mark = lower.find(b"\r\ncontent-length:")
        if mark >= 0:
            length = int(lower[mark + 17 : lower.index(b"\r\n", mark + 17)])
            return await reader.readexactly(length) if length else b""
        if b"\r\ntransfer-encoding: chunked" in lower:
            return await Connection._chunks(reader)
        return await reader.read()

    @staticmethod
    async def _chunks(reader: asyncio.StreamReader) -> bytes:
        parts: list[bytes] = []
        while True:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            chunk = await reader.readexactly(size + 2)
            if not size:
                return b"".join(parts)
            parts.append(chunk[:-2])

    def _keep_cookies(self, answer: Answer) -> None:
        if b"et-cookie" not in answer.head.lower():
            return
        for line in answer.headers("set-cookie"):
            name, _, value = line.split(";", 1)[0].partition("=")
            if not value or value == '""' or "max-age=0" in line.lower() or "01 jan 1970" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
