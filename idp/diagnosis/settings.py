"""The settings, by the system checks that every start runs too, and those of a deployment."""

from collections.abc import Iterator

from django.conf import settings
from django.core import checks

from idp.diagnosis.finding import Asked, Finding, Level


def check(asked: Asked) -> Iterator[Finding]:
    for message in checks.run_checks(include_deployment_checks=not settings.LOCAL):
        if not message.is_silenced() and message.level >= checks.WARNING:
            level: Level = "error" if message.level >= checks.ERROR else "warning"
            yield Finding(level, f"settings ({message.id})", message.msg, message.hint or "")
