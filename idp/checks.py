"""System checks of the protocol's settings, with stable ids: `manage.py check` and every start say what is wrong."""

from typing import Any

from django.core import checks

from idp.conf import conf


def lifetimes(**_: Any) -> list[checks.CheckMessage]:
    return [checks.Error(f"{name} {problem}.", id="idp.E001") for name, problem in conf().problems()]


def register() -> None:
    checks.register(lifetimes)
