"""A WSGI server for tools and tests, which this machine alone can reach; what serves people is gunicorn."""

from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

ADDRESS = "127.0.0.1"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Addresses hold codes and tokens (S-104)."""


def on_this_machine(port: int, application: Callable[..., Any]) -> WSGIServer:
    """Listens on `port` (0: any that is free); the caller has it serve."""
    return make_server(ADDRESS, port, application, _Server, _Quiet)
