"""Start-up of the room of people."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import audit  # models are there from here on
        from keys import events

        if audit.on_key_event not in events.listeners:
            events.listeners.append(audit.on_key_event)


class Admin(AdminConfig):
    """Django's admin, entered through our login page."""

    default_site = "accounts.site.Site"
