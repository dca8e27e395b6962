"""A grant: one row for one sign-in of a person at an app; codes and tokens hang on it (DESIGN.md, decision 2)."""

from datetime import datetime

from django.conf import settings
from django.db import models

from idp.models.client import Client
from idp.protocol.secrets import mint


def new_grant_id() -> str:
    return mint(16)


class Grant(models.Model):
    """What was granted, to whom, by whom, in which session; alive until `revoked_at` or `expires_at`."""

    id = models.CharField(primary_key=True, max_length=22, default=new_grant_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants")
    session = models.ForeignKey("accounts.Session", on_delete=models.CASCADE, related_name="grants")
    scope = models.TextField(help_text="Separated by spaces.")
    auth_time = models.DateTimeField()
    acr = models.CharField(max_length=100, blank=True)
    amr = models.JSONField(default=list)
    claims = models.JSONField(
        default=dict, blank=True, help_text="What the claims parameter asked for beyond the scope."
    )
    resources = models.JSONField(
        default=list,
        blank=True,
        help_text="The APIs asked for (RFC 8707); empty for the app's usual audience.",
    )
    created_at = models.DateTimeField()

    # The authorization code: its secret only as a digest, and what it is bound to (S-022).
    code_digest = models.CharField(max_length=64)
    code_expires_at = models.DateTimeField()
    redirect_uri = models.CharField(max_length=2048)
    code_challenge = models.CharField(max_length=43, blank=True)
    nonce = models.CharField(max_length=2048, blank=True)
    redeemed_at = models.DateTimeField(null=True, blank=True)

    dpop_jkt = models.CharField(
        max_length=43,
        blank=True,
        help_text="Thumbprint of the key that the code, then a public app's refresh token, is bound to (RFC 9449).",
    )

    # The refresh token: nothing of it but its generation, and when that one was made.
    generation = models.PositiveIntegerField(default=0)
    rotated_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(help_text="No refresh token outlives this.")

    revoked_at = models.DateTimeField(null=True, blank=True)
    revoke_reason = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("user", "client"), name="grant_user_client"),
            models.Index(fields=("expires_at",), name="grant_expires_at"),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.client}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.scope.split())

    def refresh_ends(self, client: Client) -> datetime | None:
        """When its refresh token dies if nobody uses it, by the lifetimes of its app; None before there is one."""
        used = self.rotated_at or self.redeemed_at
        return used and min(self.expires_at, used + client.refresh_idle)

    @property
    def is_offline(self) -> bool:
        """Whether it outlives the session that it was made in (OIDC Core section 11)."""
        return "offline_access" in self.scopes


class RevokedToken(models.Model):
    """One access token revoked by itself, remembered until it would have expired anyway (RFC 7009)."""

    jti = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.jti
