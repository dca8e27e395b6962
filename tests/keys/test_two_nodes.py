"""Nodes that share nothing but the database make one key between them (S-141, R-08)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from .conftest import DAY, HOUR

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
TIMES = 20


class Nodes:
    """Two processes of two threads each."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.keys.node"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]

    def all(self, *words: str) -> list[Any]:
        """What each of the four answered when told to do the same thing at once."""
        for process in self.processes:
            print(*words, file=process.stdin, flush=True)
        return [
            answer for process in self.processes for answer in json.loads(next(process.stdout or iter(())))
        ]

    def end(self) -> None:
        for process in self.processes:
            process.communicate(timeout=30)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """On PostgreSQL they use the test's database; SQLite's is in memory, so there they get a file."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    if connection.vendor == "postgresql":
        url = urlsplit(os.environ["SIGNET_TEST_DATABASE"])
        environment["SIGNET_TEST_DATABASE"] = url._replace(
            path=f"/{connection.settings_dict['NAME']}"
        ).geturl()
    else:
        environment["SIGNET_TEST_DATABASE"] = f"sqlite://{tmp_path}/nodes.sqlite3"
        migrate = [sys.executable, "manage.py", "migrate", "keys", "--skip-checks", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    running = Nodes(environment)
    yield running
    running.end()


def at(moment: datetime) -> str:
    return moment.isoformat()


def settled(nodes: Nodes, moment: datetime) -> dict[str, str]:
    """Every key and its state, which all nodes agree on once the race of the first look is over."""
    nodes.all("ensure", at(moment))
    first, *others = nodes.all("ensure", at(moment))
    assert all(other == first for other in others)
    return first


def test_s_141_all_nodes_at_once_make_one_first_key_and_one_successor(nodes: Nodes, now: datetime) -> None:
    for number in range(TIMES):
        year, is_successor = divmod(number, 2)
        moment = now + (365 * year + 85 * is_successor) * DAY
        assert len(settled(nodes, moment)) == number + 1


def test_s_141_all_nodes_told_to_rotate_at_once_rotate_once(nodes: Nodes, now: datetime) -> None:
    for number in range(TIMES):
        moment = now + number * 8 * DAY
        before = settled(nodes, moment)
        answers = nodes.all("rotate", at(moment + HOUR))
        assert settled(nodes, moment + HOUR).keys() - before.keys() == set(answers)
        assert len(set(answers)) == 1


def test_s_142_all_nodes_told_to_revoke_at_once_make_one_replacement(nodes: Nodes, now: datetime) -> None:
    for number in range(TIMES):
        moment = now + number * HOUR
        [kid] = [kid for kid, state in settled(nodes, moment).items() if state == "signing"]
        answers = nodes.all("revoke", at(moment), kid)
        assert sorted(answers) == sorted([kid, *["no such key"] * 3])
        states = settled(nodes, moment).values()
        assert sorted(states) == ["revoked"] * (number + 1) + ["signing"]
