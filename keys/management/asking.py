"""Commands that take something away ask first, and never hang where nobody can answer."""

from django.core.management.base import CommandError


def ask(question: str) -> None:
    """Raises CommandError unless the answer is yes."""
    try:
        answer = input(f"{question} Type yes: ")
    except EOFError:
        raise CommandError("Nothing was changed: give --yes where nobody can be asked.") from None
    if answer.strip().lower() != "yes":
        raise CommandError("Nothing was changed.")
