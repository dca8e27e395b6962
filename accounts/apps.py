"""Start-up of the room of people."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import audit  # models are there from here on
        from accounts.factors import totp
        from keys import events

        if audit.on_key_event not in events.listeners:
            events.listeners.append(audit.on_key_event)
        if totp.rewrap not in events.rewrappers:
            events.rewrappers.append(totp.rewrap)
