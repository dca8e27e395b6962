"""`manage.py secrets`: fresh secrets for production, as lines of an environment file."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand

from idp.environment import new_encryption_key


class Command(BaseCommand):
    help = "Prints a fresh IDP_SECRET_KEY and IDP_ENCRYPTION_KEYS, to be kept as long as the database."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"IDP_SECRET_KEY={secrets.token_urlsafe(48)}")
        self.stdout.write(f"IDP_ENCRYPTION_KEYS={new_encryption_key()}")
