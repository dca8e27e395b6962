"""R-07: SQLite under several writers: nobody is told of a lock."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.visitor import Visitor

pytestmark = pytest.mark.engines
WRITERS, SECONDS = 8, 6


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_r_07_eight_writers_meet_no_5xx(server, app, visitor):
    app.sign_in(visitor)
    until = time.monotonic() + SECONDS

    def write(_: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        mine = Visitor(visitor.person)
        tokens = app.sign_in(mine)
        while time.monotonic() < until:
            redemption, _attempt = app.code(mine)
            answer = server.token(app.registration, **redemption)
            statuses[answer.status_code] += 1
            answer = app.refresh(tokens["refresh_token"])
            statuses[answer.status_code] += 1
            tokens = answer.json()
        return statuses

    with ThreadPoolExecutor(WRITERS) as threads:
        total = sum(threads.map(write, range(WRITERS)), Counter())
    assert set(total) == {200}, total
    assert total[200] > WRITERS * SECONDS
    assert "database is locked" not in server.process.log()
