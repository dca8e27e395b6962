"""A node in a process of its own: each line on its standard input is a deed, done by two threads at once."""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import django
from django.conf import settings

django.setup()
settings.KEYS_ALGORITHMS = ["ES256"]  # made in no time, so that nodes meet in the database

from django.db import connection  # noqa: E402

from keys import events, rotation  # noqa: E402

events.listeners.clear()  # there are no tables but those of the keys


def ensure(now: datetime) -> dict[str, str]:
    return {key.kid: key.state(now) for key in rotation.ensure_schedule(now)}


def rotate(now: datetime) -> str:
    return rotation.rotate("ES256", now).kid


def revoke(now: datetime, kid: str) -> str:
    try:
        return rotation.revoke(kid, now).revoked.kid
    except rotation.NoSuchKey:
        return "no such key"


def do(deed: str, at: str, *rest: str) -> object:
    try:
        return DEEDS[deed](datetime.fromisoformat(at), *rest)
    finally:
        connection.close()


DEEDS: dict[str, Callable[..., object]] = {"ensure": ensure, "rotate": rotate, "revoke": revoke}


with ThreadPoolExecutor(2) as threads:
    for line in sys.stdin:
        told = [threads.submit(do, *line.split()) for _ in range(2)]
        print(json.dumps([answer.result() for answer in told]), flush=True)
