"""The protocol as a Django app: what it tells the lower rooms when the process starts."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

EVENTS = {
    "grant.issued": "signed in at an app",
    "grant.code_replayed": "a code was used twice: its grant was ended",
    "grant.refresh_reused": "a refresh token was used twice: its grant was ended",
    "grant.revoked": "grant ended by the app",
    "authorization.refused": "authorization request refused",
    "client.authentication_failed": "an app could not prove who it is",
    "device.denied": "did not let a device in",
    "consent.given": "agreed to an app",
    "consent.revoked": "took an app's access back",
    "client.created": "app added",
    "client.changed": "app changed",
    "client.secret_issued": "secret of an app made",
    "client.secret_ended": "secret of an app ended",
    "client.registered": "app registered itself",
    "client.updated": "app changed its own registration",
    "client.unregistered": "app took its registration back",
    "registration.token_made": "registration token made",
    "registration.token_revoked": "registration token revoked",
    "client.enabled": "app switched on",
    "client.disabled": "app switched off",
    "client.deleted": "app deleted",
    "claims.previewed": "an admin looked at what an app would be told",
    "scim.token_made": "provisioning token made",
    "scim.token_revoked": "provisioning token revoked",
    "claim.changed": "claim of your own added or removed",
    "api.created": "API added",
    "api.changed": "API changed",
}


# Whoever makes a provisioning token writes people: that is no client manager's (no model of theirs begins with scim).
RIGHTS = {
    "client manager": ["idp.*_[!s]*", "idp.*_s[!c]*"],
    "user manager": [
        "idp.*_scimtoken",
        "idp.view_consent",
        "idp.delete_consent",
        "idp.view_grant",
        "idp.change_grant",
    ],
    "key manager": ["keys.*"],
}


class IdpConfig(AppConfig):
    name = "idp"
    verbose_name = "Apps"

    def ready(self) -> None:
        from accounts import audit, roles
        from idp import checks, impact
        from idp.authorization import destination
        from idp.clients import launching, secrets, sectors
        from idp.endpoints import own_data
        from idp.logout import announcing

        audit.register(EVENTS)
        roles.register(RIGHTS)
        post_migrate.connect(roles.sync, sender=self)  # the last app, so that all permissions are there
        checks.register()
        destination.register()
        impact.register()
        secrets.register()
        sectors.register()
        launching.register()
        own_data.register()
        announcing.register()
