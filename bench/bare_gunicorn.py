"""Signet's gunicorn settings without its start: for `bench.bare`, which has no keys to prove."""

import runpy
from pathlib import Path

_SETTINGS = runpy.run_path(str(Path(__file__).resolve().parent.parent / "gunicorn.conf.py"))
globals().update(
    {name: value for name, value in _SETTINGS.items() if name != "when_ready" and name[0] != "_"}
)
