"""Signing keys in Django admin: to be looked at, rotated and revoked; never edited, and no private half anywhere."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

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
    actions = ("rotate", "revoke")
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
        timeline = Timeline.of(rotation.ensure_schedule(now), now, remembered=timedelta(days=365))
        return super().changelist_view(
            request, {"title": "Signing keys", **(extra_context or {}), "timeline": timeline}
        )

    @admin.action(description="Rotate: bring the next key forward", permissions=["rotate"])
    def rotate(self, request: HttpRequest, chosen: QuerySet[SigningKey]) -> HttpResponse | None:
        now = timezone.now()
        algorithms = sorted(
            set(chosen.values_list("algorithm", flat=True)) & set(schedule.policy().algorithms)
        )
        if not algorithms:
            self._nothing(request, "None of these algorithms is in use: there is nothing to rotate.")
            return None
        if "confirmed" not in request.POST:
            return self._confirm(
                request, chosen, "rotate", forecast=[_rotation(name, now) for name in algorithms]
            )
        for name in algorithms:
            key = rotation.rotate(name, now, by=request.user.get_username())
            self._done(request, key, "Rotated.", f"{name}: the next key is {key.short_kid}. {why(key, now)}")
        return None

    @admin.action(description="Revoke: emergency, drop the key now", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[SigningKey]) -> HttpResponse | None:
        now = timezone.now()
        live = [key for key in chosen if key.state(now) in IN_JWKS]
        if not live:
            self._nothing(request, "None of these keys is in the JWKS: there is nothing to revoke.")
            return None
        if "confirmed" not in request.POST:
            return self._confirm(request, chosen, "revoke", forecast=[_revocation(key, now) for key in live])
        for key in live:
            rotation.revoke(
                key.kid, now, reason=request.POST.get("reason", ""), by=request.user.get_username()
            )
            self._done(request, key, "Revoked.", f"{key} has left the JWKS. Whatever it signed is refused.")
        return None

    def _confirm(
        self, request: HttpRequest, chosen: QuerySet[SigningKey], action: str, forecast: list[list[str]]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{action.capitalize()} signing keys?",
            "opts": self.opts,
            "chosen": chosen,
            "action": action,
            "forecast": forecast,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/keys/signingkey/confirm.html", context)

    def _nothing(self, request: HttpRequest, text: str) -> None:
        self.message_user(request, text, messages.WARNING)

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
