"""What the protocol keeps about a person, for their download: apps that they used, and what directories say."""

from typing import Any

from accounts import own_data
from accounts.models import User
from idp.models import Consent, Grant, ScimExternalId, ScimPerson


def apps(user: User) -> dict[str, Any]:
    consents = Consent.objects.filter(user=user).select_related("client")
    grants = Grant.objects.filter(user=user).select_related("client").order_by("-auth_time")
    return {
        "consents": [
            {
                "app": consent.client.name,
                "scope": consent.scope.split(),
                "claims": consent.claims.split(),
                "given_at": consent.given_at.isoformat(),
            }
            for consent in consents
        ],
        "sign_ins": [
            {
                "app": grant.client.name,
                "scope": grant.scope.split(),
                "auth_time": grant.auth_time.isoformat(),
                "expires_at": grant.expires_at.isoformat(),
                "revoked_at": grant.revoked_at.isoformat() if grant.revoked_at else None,
            }
            for grant in grants
        ],
    }


def provisioning(user: User) -> dict[str, Any]:
    """How directories speak of them (SCIM)."""
    record = ScimPerson.objects.filter(user=user).first()
    external = ScimExternalId.objects.filter(user=user).order_by("source")
    return {
        "user_name": record.user_name_display if record else "",
        "as_written": record.kept if record else {},
        "external_ids": [{"client": each.source, "id": each.value} for each in external],
    }


def register() -> None:
    own_data.register("provisioning", provisioning)
    own_data.register("apps", apps)
