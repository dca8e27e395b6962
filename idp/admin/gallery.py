"""The pages that connect an app: choose its template, type where it is, get it registered and its settings to paste."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import audit
from idp.app_templates import filling, library, pages
from idp.app_templates.filling import Address
from idp.app_templates.template import AppTemplate
from idp.clients import metadata
from idp.clients.metadata import Registration
from idp.clients.twins import twins
from idp.models import Client
from idp.protocol.errors import OAuthError


class AddressForm(forms.Form):
    address = forms.CharField(
        max_length=200,
        widget=forms.TextInput(
            attrs={"class": "vTextField", "inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, template: AppTemplate, *args: Any) -> None:
        super().__init__(*args)
        field = self.fields["address"]
        field.label, field.help_text = (
            template.asks,
            f"Like {template.example}; with http:// only on this machine.",
        )
        if not template.asks:
            del self.fields["address"]

    def clean_address(self) -> Address:
        try:
            return filling.read_address(self.cleaned_data["address"])
        except filling.UnfitAddress as error:
            raise forms.ValidationError(str(error)) from error


class GalleryPages(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    def gallery(self, request: HttpRequest) -> HttpResponse:
        self._may_add(request)
        return self._gallery_page(request, "gallery", title="Connect an app", groups=library.grouped())

    def from_template(self, request: HttpRequest, slug: str) -> HttpResponse:
        self._may_add(request)
        template = library.templates().get(slug)
        if template is None:
            raise Http404("There is no such template.")
        form = AddressForm(template, request.POST if request.method == "POST" else None)
        known: list[Client] = []
        if form.is_valid():
            try:
                address = form.cleaned_data.get("address")
                registration = metadata.read(template.registration(address), trusted=True)
                known = [] if "again" in request.POST else twins(registration.client.redirect_uris)
                if not known:
                    return self._connect(request, template, registration)
            except OAuthError as refusal:
                form.add_error(None, refusal.description)
        title = f"Connect {template.title}"
        return self._gallery_page(
            request, "from_template", title=title, template=template, form=form, twins=known
        )

    def _connect(
        self, request: HttpRequest, template: AppTemplate, registration: Registration
    ) -> HttpResponse:
        now = timezone.now()
        with transaction.atomic():
            client, secret = registration.client, registration.create(now)
            audit.record(
                "client.created", request=request, client_id=client.client_id, name=client.name,
                template=template.slug,
            )  # fmt: skip
            if secret:
                audit.record(
                    "client.secret_issued", request=request, client_id=client.client_id, hint=secret[-4:]
                )
        return self._connected(request, template, client, secret)

    def _connected(
        self, request: HttpRequest, template: AppTemplate, client: Client, secret: str
    ) -> HttpResponse:
        """What to paste. The secret is on this one answer and nowhere else (S-042)."""
        return self._gallery_page(
            request,
            "connected",
            title=f"{client.name} is registered",
            client=client,
            secret=secret,
            template=template,
            page=pages.of_client(template, client, secret),
        )

    def _may_add(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _gallery_page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/idp/client/{name}.html", context)
