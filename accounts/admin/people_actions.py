"""What an admin does to people, one or many at once; each step is recorded by `accounts.lifecycle`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from accounts import lifecycle
from accounts.auditing import acting
from accounts.factors import keeping
from accounts.models import User

if TYPE_CHECKING:  # that page lists these actions
    from accounts.admin.people import People


@admin.action(description="Disable: ends all sessions, no more sign-in", permissions=["change"])
def disable(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    now, actor = timezone.now(), acting(request)
    others = site.manageable(request, people.exclude(pk=actor.pk))
    for user in others:
        lifecycle.disable(user, actor=actor, now=now, request=request)
    _tell(site, request, others, "disabled; all sessions have ended")


@admin.action(description="Enable, and lift a lock of sign-in", permissions=["change"])
def enable(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    chosen = site.manageable(request, people)
    for user in chosen:
        lifecycle.enable(user, actor=acting(request), request=request)
    _tell(site, request, chosen, "enabled")


@admin.action(description="Lift a block, after too many wrong tries", permissions=["help"])
def lift_block(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    chosen = site.manageable(request, people)
    lifted = [user for user in chosen if lifecycle.lift_block(user, actor=acting(request), request=request)]
    _tell(site, request, lifted, "may try again at once")


@admin.action(description="Require a new password at the next sign-in", permissions=["help"])
def require_new_password(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    chosen = site.manageable(request, people)
    for user in chosen:
        lifecycle.require_new_password(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, chosen, "asked for a new password at the next sign-in")


@admin.action(description="End all sessions", permissions=["help"])
def end_sessions(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    chosen = site.manageable(request, people)
    for user in chosen:
        lifecycle.end_sessions(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, chosen, "signed out everywhere")


@admin.action(description="Send a link to choose a new password", permissions=["help"])
def send_reset(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    chosen = site.manageable(request, people.filter(is_active=True))
    reachable = [user for user in chosen if user.email]
    for user in reachable:
        lifecycle.send_reset(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, reachable, "sent a link")
    if missed := [str(user) for user in chosen if not user.email]:
        site.message_user(request, f"No e-mail address: {', '.join(missed)}.", messages.WARNING)


@admin.action(description="Reset second factors: removes passkeys, apps and codes", permissions=["help"])
def reset_factors(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    """Not of somebody without a password, who would have no way in left: that takes a recovery link."""
    chosen = site.manageable(request, people)
    with_password = [user for user in chosen if user.has_usable_password()]
    for user in with_password:
        keeping.reset(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, with_password, "without second factors now; all sessions have ended")
    if missed := [str(user) for user in chosen if not user.has_usable_password()]:
        words = f"No password, so make a recovery link: {', '.join(missed)}."
        site.message_user(request, words, messages.WARNING)


@admin.action(description="Make a recovery link, for who lost everything", permissions=["change"])
def recovery_link(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    """One person at a time: the link is shown here and nowhere else, for the admin to hand over.

    Whoever sees it could use it, so it is for who may change people, and not for the helpdesk.
    """
    chosen = list(site.manageable(request, people.filter(is_active=True))[:2])
    if len(chosen) != 1:
        site.message_user(request, "Choose one person who is active.", messages.WARNING)
        return
    url = lifecycle.recovery_link(chosen[0], actor=acting(request), now=timezone.now(), request=request)
    shown = format_html(
        "Hand this link to {} yourself, once you are sure who asks; it works once, within a day: <code>{}</code>",
        chosen[0].shown_name,
        url,
    )
    site.message_user(request, shown, messages.WARNING)


def _tell(site: People, request: HttpRequest, people: Iterable[User], words: str) -> None:
    names = [str(user) for user in people]
    if not names:
        site.message_user(request, "None of these could be changed.", messages.WARNING)
        return
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    site.message_user(request, f"{shown}: {words}.", messages.SUCCESS)


ALL: tuple[Any, ...] = (
    disable,
    enable,
    lift_block,
    require_new_password,
    end_sessions,
    send_reset,
    reset_factors,
    recovery_link,
)


def short(action: Any) -> str:
    """What a button says."""
    return str(action.short_description).partition(":")[0].partition(",")[0]
