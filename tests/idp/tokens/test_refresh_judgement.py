"""What presenting a generation of a refresh token means (S-030, S-031), without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from idp.tokens.refresh import Use, judge

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("presented", "current", "seconds_ago", "grace", "use"),
    [
        (0, 0, None, 10, Use.ROTATE),
        (3, 3, 9999, 10, Use.ROTATE),
        (2, 3, 9, 10, Use.REPEAT),
        (2, 3, 10, 10, Use.REPEAT),
        (2, 3, 11, 10, Use.REUSE),
        (1, 3, 1, 10, Use.REUSE),  # its successor was used
        (2, 3, 1, 0, Use.REUSE),
        (2, 3, -5, 10, Use.REPEAT),  # the clock of another node is ahead
        (4, 3, 1, 10, Use.REUSE),
    ],
)
def test_s_030_a_generation_means(
    presented: int, current: int, seconds_ago: int | None, grace: int, use: Use
) -> None:
    rotated_at = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    found = judge(presented, current=current, rotated_at=rotated_at, grace=timedelta(seconds=grace), now=NOW)
    assert found is use
