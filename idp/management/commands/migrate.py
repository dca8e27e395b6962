"""Django's migrate, one process at a time."""

from typing import Any

from django.core.management.commands import migrate

from idp.management.locking import one_at_a_time


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with one_at_a_time():
            super().handle(*args, **options)
