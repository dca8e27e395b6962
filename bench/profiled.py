"""Signet's WSGI application under cProfile, for one worker of one thread, which leaves $BENCH_PROFILE."""

import atexit
import cProfile
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from idp.wsgi import application as signet

_profile = cProfile.Profile(time.thread_time)  # CPU, as in the tables, not the wall
_master = os.getpid()  # gunicorn preloads: only the worker has requests to tell of


def _save() -> None:
    if os.getpid() != _master:
        _profile.dump_stats(os.environ["BENCH_PROFILE"])


atexit.register(_save)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return _profile.runcall(signet, environ, start_response)
