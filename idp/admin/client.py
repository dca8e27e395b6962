"""Apps in Django admin: registered, changed, switched on and off."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts import audit
from accounts.admin import Audited
from idp.admin import tabs
from idp.admin.client_form import ClientForm
from idp.admin.client_secrets import SecretPages, may_touch
from idp.admin.gallery import GalleryPages
from idp.clients import secrets, sectors
from idp.clients.risks import risks
from idp.clients.sectors import SectorDocument
from idp.models import Client
from idp.models.client_encryption import ANSWERS


@admin.register(Client)
class ClientAdmin(Audited, SecretPages, GalleryPages):
    form = ClientForm
    list_display = ("name", "attention", "kind", "enabled", "client_id")
    list_filter = ("enabled", "first_party", "self_registered", "token_endpoint_auth_method")
    search_fields = ("name", "client_id")
    radio_fields = {
        "application_type": admin.VERTICAL,
        "token_endpoint_auth_method": admin.VERTICAL,
        "subject_type": admin.VERTICAL,
    }
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = ("enable", "disable")
    change_form_template = "admin/idp/client/change_form.html"
    change_list_template = "admin/idp/client/change_list.html"
    fieldsets = (
        (
            "What it is",
            {"fields": ("name", "client_id", "application_type", "token_endpoint_auth_method", "enabled")},
        ),
        (
            "Where it returns to",
            {"fields": ("redirect_uris", "post_logout_redirect_uris", "initiate_login_uri")},
        ),
        (
            "Where it hears of sign-outs",
            {
                "fields": (
                    "backchannel_logout_uri",
                    "backchannel_logout_session_required",
                    "frontchannel_logout_uri",
                    "frontchannel_logout_session_required",
                ),
                "classes": ("collapse",),
            },
        ),
        (
            "Its keys and signed requests",
            {
                "fields": (
                    "jwks",
                    "jwks_uri",
                    ("token_endpoint_auth_signing_alg", "request_object_signing_alg"),
                    "lenient_assertions",
                    "lenient_request_objects",
                    "request_uris",
                    "require_signed_request_object",
                    "require_pushed_authorization_requests",
                ),
                "classes": ("collapse",),
            },
        ),
        (
            "What people are called there",
            {"fields": ("subject_type", "sector_identifier_uri"), "classes": ("collapse",)},
        ),
        ("Who may use it", {"fields": ("allowed_groups", "required_acr", "first_party", "self_registered")}),
        (
            "Tokens",
            {
                "fields": (
                    "grant_types",
                    "scopes",
                    "own_scopes",
                    "resources",
                    "audiences",
                    "lean_id_token",
                    "id_token_signed_response_alg",
                    "access_token_signed_response_alg",
                    ("access_token_seconds", "id_token_seconds"),
                    ("refresh_idle_seconds", "refresh_seconds"),
                )
            },
        ),
        (
            "Answers and sign-ins",
            {
                "fields": (
                    "response_types",
                    "authorization_signed_response_alg",
                    ("userinfo_signed_response_alg", "introspection_signed_response_alg"),
                    "default_max_age",
                    "default_acr_values",
                    "userinfo_max_age",
                    "userinfo_acr_values",
                ),
                "classes": ("collapse",),
            },
        ),
        (
            "What only it can read",
            {
                "fields": tuple(
                    (f"{answer}_encrypted_response_alg", f"{answer}_encrypted_response_enc")
                    for answer in ANSWERS
                ),
                "classes": ("collapse",),
                "description": "Encrypted to a public key of the app, which has to be among its keys above. Empty for "
                "no encryption. Logout tokens are encrypted as ID tokens are; userinfo also where it is not signed.",
            },
        ),
        (
            "Security",
            {
                "fields": (
                    "require_pkce",
                    "rotate_refresh_tokens",
                    "dpop_bound_access_tokens",
                    "require_dpop_nonce",
                )
            },
        ),
        (
            "About it",
            {
                "fields": ("client_uri", "logo_uri", "show_logo", "policy_uri", "tos_uri", "contacts"),
                "classes": ("collapse",),
            },
        ),
    )

    @admin.display(description="kind")
    def kind(self, client: Client) -> str:
        return f"{'public' if client.is_public else 'confidential'}, {client.application_type}"

    @admin.display(description="attention")
    def attention(self, client: Client) -> str:
        count = len(risks(client, timezone.now()))
        return f"⚠ {count} warning{'s' if count > 1 else ''}" if count else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        found: QuerySet[Client] = super().get_queryset(request)
        return found.prefetch_related("secrets")

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> tuple[str, ...]:
        """These can be chosen once: people's tokens name them from then on."""
        return ("client_id", "subject_type") if obj else ()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What has to be fetched is fetched before the transaction of the change begins."""
        if request.method == "POST" and (
            self.has_change_permission(request) or self.has_add_permission(request)
        ):
            self._found(request)
        return super().changeform_view(request, *args, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or may_touch(request, obj.client_id)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or may_touch(request, obj.client_id)
        )

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.sector = self._found(request)
        form.may_have = staticmethod(partial(may_touch, request))
        return form

    def _found(self, request: HttpRequest) -> SectorDocument | None:
        """The sector document that the form names, looked at once a request."""
        if not hasattr(request, "sector_document"):
            uri = request.POST.get("sector_identifier_uri", "").strip()
            request.sector_document = sectors.look(uri)  # type: ignore[attr-defined]
        found: SectorDocument | None = request.sector_document  # type: ignore[attr-defined]
        return found

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        secrets.fit(form.instance)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Client | None = None,
    ) -> HttpResponse:
        if obj:
            now = timezone.now()
            context |= {
                "tabs": tabs.bar(request.user, obj),
                "risks": risks(obj, now),
                "live_secrets": secrets.live(obj, now),
                "may_rotate": self.has_rotate_permission(request) and may_touch(request, obj.client_id),
            }
        else:  # what follows is the page with the secret
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(
        self, request: HttpRequest, obj: Client, post_url_continue: str | None = None
    ) -> HttpResponse:
        secret = ""
        if obj.has_secret:
            secret = secrets.issue(obj, timezone.now())
            audit.record("client.secret_issued", request=request, client_id=obj.client_id, hint=secret[-4:])
        return self.settings_page(request, obj, secret, title=f"{obj.name} is registered")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """A summary: an app may have thousands of sign-ins, and whoever may delete it may end them."""
        lines = [f"{client.name}, with {client.grants.count()} sign-ins of people at it" for client in objs]
        barred = {client.name for client in objs if not may_touch(request, client.client_id)}
        return lines, {"apps": len(lines)}, barred, []

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, chosen: QuerySet[Client]) -> None:
        self._switch(request, chosen, enabled=True)

    @admin.action(description="Disable: nobody can sign in with it", permissions=["change"])
    def disable(self, request: HttpRequest, chosen: QuerySet[Client]) -> None:
        self._switch(request, chosen, enabled=False)

    def _switch(self, request: HttpRequest, chosen: QuerySet[Client], *, enabled: bool) -> None:
        word = "enabled" if enabled else "disabled"
        for client in chosen.exclude(enabled=enabled):
            if not may_touch(request, client.client_id):
                self.message_user(
                    request,
                    f"{client.name} provisions people: only who may change provisioning tokens changes it.",
                    messages.ERROR,
                )
                continue
            client.enabled = enabled
            client.save(update_fields=["enabled"])
            audit.record(f"client.{word}", request=request, client_id=client.client_id)
            self.message_user(request, f"{client.name} is {word}.", messages.SUCCESS)

    def history_of(self, thing: Client) -> str:
        return thing.client_id

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/secret/new/", site(self.new_secret), name="idp_client_new_secret"),
            path("<int:pk>/secret/<int:secret>/end/", site(self.end_secret), name="idp_client_end_secret"),
            path("connect/", site(self.gallery), name="idp_client_gallery"),
            path("connect/<slug:slug>/", site(self.from_template), name="idp_client_from_template"),
            *tabs.urls(self.admin_site),
            *super().get_urls(),
        ]
