"""The page on which an admin says why they look at somebody's pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts import cookies, fresh, impersonation
from accounts.auditing import acting
from accounts.models import User
from accounts.validators import plain_text
from accounts.views.going_on import SeeOther


class ReasonForm(forms.Form):
    reason = forms.CharField(
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        min_length=5,
        max_length=200,
        validators=[plain_text],
        help_text="It stands in the audit log.",
    )


class ImpersonatePage(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.impersonate)
        return [path("<uuid:pk>/look/", page, name="accounts_user_impersonate"), *super().get_urls()]

    def impersonate(self, request: Any, pk: Any) -> HttpResponse:
        user = get_object_or_404(User, pk=pk)
        try:
            impersonation.check(acting(request), user)
        except impersonation.Refused as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        if asking := fresh.missing(request, request.path):
            return SeeOther(asking)
        form = ReasonForm(request.POST or None)
        if not form.is_valid():
            return self._reason_page(request, user, form)
        own = request.COOKIES[settings.SESSION_COOKIE_NAME]
        impersonation.start(request, acting(request), user, form.cleaned_data["reason"], now=timezone.now())
        response = SeeOther(reverse("accounts:overview"))
        cookies.put(response, impersonation.BACK_COOKIE, own, int(impersonation.LIFETIME.total_seconds()))
        return response

    def _reason_page(self, request: HttpRequest, user: User, form: ReasonForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Look at the pages of {user}",
            "person": user,
            "form": form,
        }
        return TemplateResponse(request, "admin/accounts/user/impersonate.html", context)
