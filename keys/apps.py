"""The room of the signing keys."""

from django.apps import AppConfig
from django.core.checks import register


class KeysConfig(AppConfig):
    name = "keys"
    verbose_name = "Signing keys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from keys.checks import check_settings  # the registry of checks is ready only now

        register(check_settings)
