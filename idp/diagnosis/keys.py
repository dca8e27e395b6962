"""The signing keys: each live one opens, signs and verifies, and the schedule is kept (S-140, S-141)."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from idp.diagnosis.finding import Asked, Finding, page
from keys import schedule, sealing, selftest
from keys.models import SigningKey
from keys.timeline import moment

ABOUT, PAGE = "keys", "keys_signingkey_changelist"


def check(asked: Asked) -> Iterator[Finding]:
    for problem in selftest.self_test(asked.now):
        yield Finding(
            "error", ABOUT, problem, "docs/production.md, When a signing key may have leaked", link=page(PAGE)
        )
    keys = list(SigningKey.objects.all())
    for algorithm in settings.KEYS_ALGORITHMS:
        yield from _line([key for key in keys if key.algorithm == algorithm], algorithm, asked.now)
    yield from _sealed_by_an_old_key(keys)


def _line(keys: list[SigningKey], algorithm: str, now: datetime) -> Iterator[Finding]:
    if not any(key.state(now) is schedule.State.SIGNING for key in keys):
        yield Finding(
            "error",
            ABOUT,
            f"No key signs {algorithm}.",
            "manage.py keys schedule makes what is due.",
            page(PAGE),
        )
        return
    if schedule.due(keys, algorithm, now):
        last = max(key.signs_until for key in keys)
        yield Finding(
            "warning",
            ABOUT,
            f"The successor of the last {algorithm} key, which signs until {moment(last)}, should be public by now: "
            "no process has looked at the schedule.",
            "Is Signet running? manage.py keys schedule does it by hand.",
            page(PAGE),
        )


def _sealed_by_an_old_key(keys: list[SigningKey]) -> Iterator[Finding]:
    current = sealing.current_version()
    old = [key for key in keys if key.sealed and sealing.sealed_version(key.sealed) != current]
    if old:
        yield Finding(
            "warning",
            ABOUT,
            f"{len(old)} of them are still sealed with an earlier key of IDP_ENCRYPTION_KEYS than {current}.",
            "manage.py keys rewrap; then the earlier key can leave the setting.",
            page(PAGE),
        )
