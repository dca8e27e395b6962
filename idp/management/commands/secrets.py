"""`manage.py secrets`: a fresh pair of the secrets that production needs, as lines for an environment file."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand

from idp.environment import new_encryption_key


class Command(BaseCommand):
    help = "Prints a fresh IDP_SECRET_KEY and IDP_ENCRYPTION_KEYS. Keep them: sealed keys can't be opened without."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"IDP_SECRET_KEY={secrets.token_urlsafe(48)}")
        self.stdout.write(f"IDP_ENCRYPTION_KEYS={new_encryption_key()}")
