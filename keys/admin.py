"""Signing keys in Django admin: to be looked at, rotated and revoked; never edited, and no private half anywhere."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode

from keys import events, rotation, schedule
from keys.models import SigningKey
from keys.ring import forget
from keys.schedule import IN_JWKS, State
from keys.timeline import Timeline, in_words, moment, why

_FIELDS = (
    "kid",
    "algorithm",
    "serial",
    "why",
    "published_at",
    "signs_from",
    "signs_until",
    "verifies_until",
    "revoked_at",
    "revoke_reason",
    "public_jwk",
)


@admin.register(SigningKey)
class SigningKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    list_display = ("short_kid", "algorithm", "state", "signs_from", "signs_until", "verifies_until")
    ordering = ("algorithm", "-serial")
    fields = readonly_fields = _FIELDS
    actions = None
    change_list_template = "admin/keys/signingkey/change_list.html"

    @admin.display(description="key")
    def short_kid(self, key: SigningKey) -> str:
        return key.short_kid

    @admin.display(description="state")
    def state(self, key: SigningKey) -> str:
        return key.state(timezone.now())

    @admin.display(description="why")
    def why(self, key: SigningKey) -> str:
        return why(key, timezone.now())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SigningKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SigningKey | None = None) -> bool:
        return False

    def has_rotate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("keys.rotate_signingkey")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("keys.revoke_signingkey")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        now = timezone.now()
        keys = rotation.ensure_schedule(now)
        context = {
            "title": "Signing keys",
            **(extra_context or {}),
            "timeline": Timeline.of(keys, now, remembered=timedelta(days=365)),
            "algorithms": schedule.policy().algorithms if self.has_rotate_permission(request) else (),
            "revocable": [(key, state) for key in keys if (state := key.state(now)) in IN_JWKS]
            if self.has_revoke_permission(request)
            else [],
        }
        return super().changelist_view(request, context)

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("rotate/<str:algorithm>/", site(self.rotate), name="keys_signingkey_rotate"),
            path("<str:kid>/revoke/", site(self.revoke), name="keys_signingkey_revoke"),
            *super().get_urls(),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What the audit log has of the key."""
        key = self.get_object(request, object_id)
        if key is None or not self.has_view_permission(request, key):
            return super().history_view(request, object_id, extra_context)
        return redirect(f"{reverse('admin:accounts_auditevent_changelist')}?{urlencode({'q': key.kid})}")

    def rotate(self, request: HttpRequest, algorithm: str) -> HttpResponse:
        """Brings the next key forward, after a page that says what follows."""
        if not self.has_rotate_permission(request):
            raise PermissionDenied
        if algorithm not in schedule.policy().algorithms:
            raise Http404("No key of this algorithm is in use.")
        now = timezone.now()
        if request.method != "POST":
            return self._confirm(request, "rotate", f"Rotate the {algorithm} key?", _rotation(algorithm, now))
        key = rotation.rotate(algorithm, now, by=request.user.get_username())
        self._done(request, key, "Rotated.", f"{algorithm}: the next key is {key.short_kid}. {why(key, now)}")
        return redirect("admin:keys_signingkey_changelist")

    def revoke(self, request: HttpRequest, kid: str) -> HttpResponse:
        """Drops a key in an emergency, after a page that says whom it hits."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        key, now = get_object_or_404(SigningKey, kid=kid), timezone.now()
        if key.state(now) not in IN_JWKS:
            words = "This key is not in the JWKS: there is nothing to revoke."
            self.message_user(request, words, messages.WARNING)
        elif request.method != "POST":
            return self._confirm(request, "revoke", f"Revoke {key}?", _revocation(key, now))
        else:
            reason, by = request.POST.get("reason", ""), request.user.get_username()
            rotation.revoke(key.kid, now, reason=reason, by=by)
            self._done(request, key, "Revoked.", f"{key} has left the JWKS. Whatever it signed is refused.")
        return redirect("admin:keys_signingkey_changelist")

    def _confirm(self, request: HttpRequest, action: str, title: str, forecast: list[str]) -> HttpResponse:
        around = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        context = {**around, "action": action, "forecast": forecast}
        return TemplateResponse(request, "admin/keys/signingkey/confirm.html", context)

    def _done(self, request: HttpRequest, key: SigningKey, record: str, text: str) -> None:
        forget()
        self.log_change(request, key, record)
        self.message_user(request, text, messages.SUCCESS)


def _rotation(algorithm: str, now: datetime) -> list[str]:
    starts = rotation.rotated_from(algorithm, now)
    cached = schedule.policy().jwks_max_age
    return [
        f"{algorithm}: the next key is public as soon as you say yes.",
        f"Every app will have seen it {in_words(cached)} later, at {moment(now + cached)}.",
        f"It signs from {moment(starts)}; until then the present key goes on.",
        "No app needs to do anything, and nobody is signed out.",
    ]


def _revocation(key: SigningKey, now: datetime) -> list[str]:
    counts = [f"{count} {thing}" for thing, count in events.impact_of(key.kid, now).items()]
    cached = in_words(schedule.policy().jwks_max_age)
    replaced = "A replacement signs at once. " if key.state(now) is State.SIGNING else ""
    return [
        f"{key} ({key.state(now)}) leaves the JWKS now, and its private half is destroyed.",
        f"{replaced}Every token that it signed is refused here at once.",
        f"Apps may keep believing it until they fetch the keys again: at most {cached}.",
        f"This can hit {' and '.join(counts)}." if counts else "Nothing says how much this hits.",
    ]
