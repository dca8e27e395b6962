"""What an operator should know of: one finding each, from checks that look at the running installation.

A new check is a function in a module here and a row of CHECKS. `manage.py doctor` prints them, the admin shows them.
"""

from dataclasses import asdict

from django.db import Error as DatabaseFailure

from idp.diagnosis import apps, clock, database, files, keys, mail, outside, secrets, settings
from idp.diagnosis.finding import Asked, Check, Checked, Finding

__all__ = ["CHECKS", "Asked", "Check", "Checked", "Finding", "as_json", "examine"]

CHECKS: tuple[Check, ...] = (
    Check("database", "migrations, engine and its settings, connections", database.check),
    Check("settings", "Django's own checks and ours", settings.check),
    Check("secrets", "their strength, and who can read their files", secrets.check),
    Check("keys", "each key opens and signs, and the schedule is kept", keys.check),
    Check("clock", "ours against the database's", clock.check),
    Check("mail", "a mail server that takes mail", mail.check),
    Check("static files", "all that the pages load", files.check),
    Check("apps", "what their registrations allow", apps.check),
    Check("outside", "what an app sees at the public address", outside.check),
)


def examine(asked: Asked) -> list[Checked]:
    """All checks, in order; one that needs a database which is away says so, and the others go on."""
    return [Checked(check, tuple(_run(check, asked))) for check in CHECKS]


def _run(check: Check, asked: Asked) -> list[Finding]:
    try:
        return list(check.run(asked))
    except DatabaseFailure as error:
        away = f"The database does not answer: {type(error).__name__}."
        return [Finding("error", check.name, away, "Start it, or correct IDP_DATABASE_URL.")]


def as_json(examined: list[Checked]) -> list[dict[str, str]]:
    """The findings for programs, each with the name of its check."""
    return [{"check": each.check.name, **asdict(finding)} for each in examined for finding in each.findings]
