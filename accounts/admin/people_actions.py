"""What an admin does to people, one or many at once; each step is recorded by `accounts.lifecycle`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import lifecycle
from accounts.auditing import acting
from accounts.models import User

if TYPE_CHECKING:  # that page lists these actions
    from accounts.admin.people import People


@admin.action(description="Disable: ends all sessions, no more sign-in", permissions=["change"])
def disable(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people.exclude(pk=acting(request).pk)):
        lifecycle.disable(user, actor=acting(request), now=timezone.now(), request=request)


@admin.action(description="Enable, and lift a lock of sign-in", permissions=["change"])
def enable(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people):
        lifecycle.enable(user, actor=acting(request), request=request)


@admin.action(description="Require a new password at the next sign-in", permissions=["change"])
def require_new_password(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people):
        lifecycle.require_new_password(user, actor=acting(request), now=timezone.now(), request=request)


@admin.action(description="End all sessions", permissions=["change"])
def end_sessions(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people):
        lifecycle.end_sessions(user, actor=acting(request), now=timezone.now(), request=request)


@admin.action(description="Send a link to choose a new password", permissions=["change"])
def send_reset(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    for user in site.manageable(request, people.filter(is_active=True)):
        if user.email:
            lifecycle.send_reset(user, actor=acting(request), now=timezone.now(), request=request)
        else:
            site.message_user(request, f"{user} has no e-mail address.", messages.WARNING)


ALL: tuple[Any, ...] = (disable, enable, require_new_password, end_sessions, send_reset)


def short(action: Any) -> str:
    """What a button says."""
    return str(action.short_description).partition(":")[0].partition(",")[0]
