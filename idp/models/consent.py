"""What a person agreed to: per app, the scopes; asked again only for more."""

from django.conf import settings
from django.db import models

from idp.models.client import Client
from idp.protocol.scopes import claims_of


class Consent(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    scope = models.TextField(help_text="Separated by spaces.")
    claims = models.TextField(blank=True, help_text="Claims and APIs asked for one by one, beyond the scope.")
    given_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "client"), name="one_consent_per_person_and_app"),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.client}"

    def covers(self, scope: tuple[str, ...], claims: tuple[str, ...] = ()) -> bool:
        """Who agreed to a scope agreed to each of its claims."""
        agreed = tuple(self.scope.split())
        return set(scope) <= set(agreed) and set(claims) <= {*self.claims.split(), *claims_of(agreed)}
