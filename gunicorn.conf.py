"""gunicorn's settings: `gunicorn` alone in this folder serves Signet. WEB_CONCURRENCY: how many processes."""

import os
from typing import Any

wsgi_app = "idp.wsgi:application"
bind = ["127.0.0.1:8000"]

# Signing is CPU work under Python's lock: as many processes as cores. Threads only keep a process answering
# while it hashes a password or waits for the database.
worker_class = "idp.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY") or min(len(os.sched_getaffinity(0)), 8))
threads = 4
preload_app = True

# A worker is replaced now and then, which bounds what a leak can take. One that hangs, after 30 seconds.
max_requests = 100_000
max_requests_jitter = 10_000
timeout = 30
graceful_timeout = 10  # requests in flight finish
# Longer than a proxy keeps its side open (60 s), so that it never sends into a connection that just closed.
keepalive = 75
_memory = "/dev/shm"  # noqa: S108  gunicorn makes its files there safely
if os.path.isdir(_memory):  # heartbeats stay off the disk
    worker_tmp_dir = _memory

# Limits before parsing (S-014); 8190 leaves room for long authorization requests.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# No header decides on address or scheme: idp.middleware believes IDP_TRUSTED_PROXIES only (S-090, S-091).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
control_socket_disable = True  # on by default since 25.1: a way in that nobody asked for

accesslog = None
loglevel = "warning"


def when_ready(server: Any) -> None:
    from django.utils import timezone

    from idp import start
    from keys.selftest import UnusableKeys

    try:
        start.before_fork(timezone.now())
    except UnusableKeys as refusal:
        raise SystemExit(f"Signet does not start: {refusal}") from refusal
