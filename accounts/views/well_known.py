"""/.well-known/passkey-endpoints: where password managers send people to add and to manage passkeys (W3C)."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.factors import passkeys


@require_safe
def passkey_endpoints(request: HttpRequest) -> JsonResponse:
    """An empty object says that there are none here: the issuer's host can't have passkeys."""
    pages = {"enroll": "accounts:new-passkey", "manage": "accounts:security"}
    found = {name: f"{settings.ISSUER}{reverse(view)}" for name, view in pages.items()}
    return JsonResponse(
        found if passkeys.are_possible() else {}, headers={"Cache-Control": "public, max-age=3600"}
    )
