"""The pages on which a client's secrets are made, shown once, and ended (S-042)."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import audit
from idp.clients import secrets
from idp.conf import conf
from idp.models import Client, ClientSecret


def may_touch(request: HttpRequest, client_id: str) -> bool:
    """An app that provisions people is as good as a provisioning token, so who may not make those may neither change
    it nor have its secret (S-130).
    """
    return client_id not in settings.SCIM_APPS or request.user.has_perm("idp.change_scimtoken")


class SecretPages(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    def has_rotate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("idp.rotate_client_secret")

    def new_secret(self, request: HttpRequest, pk: int) -> HttpResponse:
        with transaction.atomic():
            client = self._client(request, pk)
            if not client.has_secret:
                raise Http404("This app has no secret.")
            now = timezone.now()
            live = secrets.live(client, now)
            if request.method != "POST":
                return self._page(request, client, "new_secret", title="Make a new secret?", surplus=live[1:])
            if request.POST.get("revision") != client.revision:  # a page sent twice makes one secret
                return self._back(
                    request, client, "The app was changed meanwhile. Nothing was done.", messages.WARNING
                )
            value = secrets.issue(client, now)
            audit.record(
                "client.secret_issued",
                request=request,
                client_id=client.client_id,
                hint=value[-4:],
                ended=[secret.hint for secret in live[1:]],
            )
        return self.settings_page(request, client, value, title=f"A new secret for {client.name}")

    def end_secret(self, request: HttpRequest, pk: int, secret: int) -> HttpResponse:
        client = self._client(request, pk)
        found = get_object_or_404(ClientSecret, pk=secret, client=client)
        if request.method != "POST":
            last = len(secrets.live(client, timezone.now())) == 1
            return self._page(
                request, client, "end_secret", title="End this secret?", secret=found, last=last
            )
        with transaction.atomic():
            secrets.end(found)
            audit.record("client.secret_ended", request=request, client_id=client.client_id, hint=found.hint)
        return self._back(request, client, f"The secret …{found.hint} is ended.", messages.SUCCESS)

    def settings_page(self, request: HttpRequest, client: Client, secret: str, *, title: str) -> HttpResponse:
        """What to paste into the app. `secret` is on this one answer and nowhere else."""
        return self._page(
            request,
            client,
            "settings",
            title=title,
            secret=secret,
            issuer=conf().issuer,
            discovery=conf().url("/.well-known/openid-configuration"),
        )

    def _client(self, request: HttpRequest, pk: int) -> Client:
        client = get_object_or_404(
            Client.objects.select_for_update() if request.method == "POST" else Client, pk=pk
        )
        if not (self.has_rotate_permission(request) and self.has_view_permission(request, client)):
            raise PermissionDenied
        if not may_touch(request, client.client_id):
            raise PermissionDenied
        return client

    def _page(self, request: HttpRequest, client: Client, name: str, **context: Any) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "client": client}
        return TemplateResponse(request, f"admin/idp/client/{name}.html", context)

    def _back(self, request: HttpRequest, client: Client, words: str, level: int) -> HttpResponse:
        self.message_user(request, words, level)
        return redirect("admin:idp_client_change", client.pk)
