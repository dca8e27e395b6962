"""The protocol as a Django app: what it tells the lower rooms when the process starts."""

from django.apps import AppConfig


class IdpConfig(AppConfig):
    name = "idp"
    verbose_name = "Apps"

    def ready(self) -> None:
        from idp import checks  # noqa: F401  registers the system checks
        from idp.authorization import destination

        destination.register()
