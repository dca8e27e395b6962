"""Upstream providers in Django admin: the secret goes in and never comes out."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest

from accounts import groups
from accounts.admin import Audited
from idp.admin.lines import Lines
from idp.models import Upstream
from idp.models.upstream import MAX_DOMAINS
from idp.upstream import buttons


class UpstreamForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    secret = forms.CharField(
        label="Client secret",
        required=False,
        strip=True,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 80, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Kept sealed and never shown. Empty leaves it as it is. For Apple the whole .p8 file.",
    )
    forget_secret = forms.BooleanField(
        label="No secret", required=False, help_text="For a public client: takes away the one that is kept."
    )
    email_domains = Lines(
        count=MAX_DOMAINS,
        length=253,
        label="Believed about addresses at",
        help_text="Domains, one a line, of which this provider is the authority: an address there that it calls proved "
        "opens the account that has it. * for all, which is right for a provider of your own only.",
    )
    allowed_domains = Lines(
        count=MAX_DOMAINS,
        length=253,
        label="Only people with addresses at",
        help_text="Domains, one a line; empty for everybody.",
    )
    tenants = Lines(
        count=MAX_DOMAINS,
        length=253,
        label="Only from",
        help_text="Entra ID: tenant IDs, one a line, or * for those of every company. Google: hosted domains (hd).",
    )
    trusted_amr = Lines(
        count=10,
        length=40,
        label="Methods that count here",
        help_text="Names in its amr that are believed, such as mfa, which then spares the second factor of a policy.",
    )
    trusted_acr = Lines(
        count=10,
        length=200,
        label="Levels that count as two factors",
        help_text="Values of its acr, one a line.",
    )

    class Meta:
        model = Upstream
        fields = ()  # the admin says which

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("email_domains", "allowed_domains"):
            cleaned[name] = [line.lower() for line in cleaned.get(name, [])]
        return cleaned


@admin.register(Upstream)
class UpstreamAdmin(Audited):
    form = UpstreamForm
    list_display = ("name", "preset", "slug", "enabled", "shown", "may_create")
    list_filter = ("preset", "enabled")
    search_fields = ("name", "slug", "issuer")
    readonly_fields = ("redirect_uri", "has_secret")
    fieldsets = (
        (None, {"fields": ("name", "slug", "preset", "issuer", "redirect_uri", "enabled", "shown")}),
        (
            "Who we are there",
            {"fields": ("client_id", "has_secret", "secret", "forget_secret", "team_id", "key_id", "scopes")},
        ),
        ("Who may come", {"fields": ("allowed_domains", "tenants", "may_create", "groups")}),
        (
            "How far it is believed",
            {"fields": ("email_domains", "trusted_amr", "trusted_acr", "refresh_claims")},
        ),
    )

    @admin.display(description="redirect URI to register there")
    def redirect_uri(self, upstream: Upstream) -> str:
        return buttons.redirect_uri(upstream) if upstream.slug else "Save once, then it stands here."

    @admin.display(description="a secret is kept", boolean=True)
    def has_secret(self, upstream: Upstream) -> bool:
        return bool(upstream.sealed_secret)

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Upstream | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Upstream | None = None) -> tuple[str, ...]:
        """The slug stands in the redirect URI, which is registered there."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """None that opens the admin."""
        kwargs["queryset"] = groups.harmless()
        if not kwargs["queryset"].exists():
            kwargs["help_text"] = "There are none yet that could be given."
        kwargs["widget"] = CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Upstream, form: Any, change: bool) -> None:
        if form.cleaned_data.get("forget_secret"):
            obj.sealed_secret = ""
        elif secret := form.cleaned_data.get("secret"):
            buttons.seal(obj, secret)
        super().save_model(request, obj, form, change)
