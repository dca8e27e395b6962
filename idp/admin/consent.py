"""Consents in Django admin: what people agreed to, to be looked at and withdrawn."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.admin import ReadOnly
from idp.models import Consent, Grant


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ("person", "client", "scope", "given_at")
    list_filter = (("client", admin.RelatedOnlyFieldListFilter), "given_at")
    list_select_related = ("user", "client")
    search_fields = ("user__username", "user__email", "client__name", "client__client_id", "=user__id")
    ordering = ("-given_at",)
    fields = readonly_fields = ("user", "client", "scope", "given_at")
    actions = ("withdraw",)

    @admin.display(description="person", ordering="user")
    def person(self, consent: Consent) -> str:
        return str(consent.user)

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("idp.delete_consent")

    @admin.action(
        description="Withdraw: the app is asked out, and has to ask again", permissions=["withdraw"]
    )
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Consent]) -> None:
        consents = list(chosen.select_related("user", "client"))
        for consent in consents:
            self._withdraw(request, consent)
        self.message_user(request, f"{len(consents)} withdrawn.", messages.SUCCESS)

    @staticmethod
    def _withdraw(request: HttpRequest, consent: Consent) -> None:
        user, client = consent.user, consent.client
        with transaction.atomic():
            consent.delete()
            ended = Grant.objects.filter(user=user, client=client, revoked_at=None).update(
                revoked_at=timezone.now(), revoke_reason="consent withdrawn by an admin"
            )
            audit.record(
                "consent.revoked", request=request, subject=user, client_id=client.client_id, grants=ended
            )
