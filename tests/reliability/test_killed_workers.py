"""R-01: workers are killed in the middle of code exchanges and refreshes; nothing is given twice, nothing is 5xx."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import requests

from tests.conftest import MakeServer
from tests.live.app import App
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.engines
KILLS = 50
APPS = 4  # that sign in and refresh, each as fast as it is answered: some 20 requests a second and more
REFRESHES = 3  # of each sign-in
CUT = (
    requests.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
)  # the worker was killed with the answer


@dataclass
class Told:
    """What one app was answered."""

    cut: int = 0
    strange: list[str] = field(default_factory=list)  # neither tokens nor a clean refusal
    codes: list[int] = field(default_factory=list)  # how often each code gave tokens
    successors: list[set[str]] = field(default_factory=list)  # of each refresh token that was shown
    families: list[list[str]] = field(
        default_factory=list
    )  # the refresh tokens of each sign-in, oldest first


def ask(told: Told, send: Callable[[], requests.Response]) -> list[dict[str, Any]]:
    """Once, and once more where no answer came, as an app would within the grace time; the tokens that it got."""
    got: list[dict[str, Any]] = []
    for _ in range(2):
        try:
            answer = send()
        except CUT:
            told.cut += 1
            continue
        if answer.status_code == 200:
            got.append(answer.json())
        elif answer.status_code != 400 or answer.json()["error"] != "invalid_grant":
            told.strange.append(f"{answer.status_code} {answer.text[:200]}")
        break
    return got


def use(app: App, person: Person, over: threading.Event) -> Told:
    """Signs in, refreshes, each refresh token shown twice; every second code is shown once more when all is over."""
    told, visitor = Told(), Visitor(person)
    while not over.is_set():
        try:
            redemption, _ = app.code(visitor)
        except CUT:
            told.cut += 1
            continue
        redeem = partial(app.server.token, app.registration, **redemption)
        given = ask(told, redeem)
        family = [tokens["refresh_token"] for tokens in given]
        for _ in range(REFRESHES if family else 0):
            got = [*ask(told, partial(app.refresh, family[-1])), *ask(told, partial(app.refresh, family[-1]))]
            told.successors.append({tokens["refresh_token"] for tokens in got})
            if not got:
                break
            family.append(got[-1]["refresh_token"])
        if len(told.codes) % 2:
            given += ask(told, redeem)
        else:
            told.families.append(family)
        told.codes.append(len(given))
    return told


@pytest.fixture
def server(make_server: MakeServer, engine: str) -> Iterator[Server]:
    """Its own: others would miss the workers."""
    server = make_server(engine=engine, workers=3)
    yield server
    server.stop()


def test_r_01_killed_workers_leave_no_code_used_twice_and_no_family_with_two_heads(server: Server) -> None:
    chance = random.Random(1)
    app, over = App(server), threading.Event()
    people = [server.user(f"person{number}") for number in range(APPS)]
    with ThreadPoolExecutor(APPS) as threads:
        running = [threads.submit(use, app, person, over) for person in people]
        try:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.05, 0.25))
                if workers := server.process.children():
                    os.kill(chance.choice(workers), signal.SIGKILL)
        finally:
            over.set()
        answered = [future.result() for future in running]

    assert sum(told.cut for told in answered) > 0, "no kill hit a request: this has shown nothing"
    assert [words for told in answered for words in told.strange] == []
    assert max(count for told in answered for count in told.codes) == 1
    assert max(len(found) for told in answered for found in told.successors) == 1
    families = [family for told in answered for family in told.families[-5:] if len(family) > 1]
    heads = [app.refresh(family[-1]).status_code == 200 for family in families]
    assert any(heads)
    assert not any(app.refresh(family[0]).status_code == 200 for family in families), "a second head lives"
    assert server.get("/readyz").status_code == 200
