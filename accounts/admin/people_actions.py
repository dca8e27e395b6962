"""What an admin does to people, one or many at once; each step is recorded by `accounts.lifecycle`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import emails, lifecycle, sessions, throttling
from accounts.admin.people_questions import QUESTIONS, ask
from accounts.auditing import acting
from accounts.factors import keeping
from accounts.models import User

if TYPE_CHECKING:  # that page lists these actions
    from accounts.admin.people import People


@admin.action(description="Disable: ends all sessions, no more sign-in", permissions=["change"])
def disable(site: People, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
    now, actor = timezone.now(), acting(request)
    others = site.manageable(request, people.exclude(pk=actor.pk))
    if asking := ask(site, request, others, "disable"):
        return asking
    chosen = list(others)
    for user in chosen:
        lifecycle.disable(user, actor=actor, now=now, request=request)
    _tell(site, request, chosen, "disabled; all sessions have ended")
    return None


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
def require_new_password(site: People, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
    chosen = site.manageable(request, people)
    if asking := ask(site, request, chosen, "require_new_password"):
        return asking
    for user in chosen:
        lifecycle.require_new_password(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, chosen, "asked for a new password at the next sign-in")
    return None


@admin.action(description="End all sessions", permissions=["help"])
def end_sessions(site: People, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
    chosen = site.manageable(request, people)
    if asking := ask(site, request, chosen, "end_sessions"):
        return asking
    for user in chosen:
        lifecycle.end_sessions(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, chosen, "signed out everywhere")
    return None


@admin.action(description="Send a link to choose a new password", permissions=["help"])
def send_reset(site: People, request: HttpRequest, people: QuerySet[User]) -> None:
    chosen = site.manageable(request, people.filter(is_active=True))
    reachable = [user for user in chosen if user.email]
    for user in reachable:
        lifecycle.send_reset(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, reachable, "sent a link", emails.kept_here())
    if missed := [str(user) for user in chosen if not user.email]:
        site.message_user(request, f"No e-mail address: {', '.join(missed)}.", messages.WARNING)


@admin.action(description="Reset second factors: removes passkeys, apps and codes", permissions=["help"])
def reset_factors(site: People, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
    """Not of somebody without a password, who would have no way in left: that takes a recovery link."""
    chosen = site.manageable(request, people)
    if asking := ask(site, request, chosen, "reset_factors"):
        return asking
    with_password = [user for user in chosen if user.has_usable_password()]
    for user in with_password:
        keeping.reset(user, actor=acting(request), now=timezone.now(), request=request)
    _tell(site, request, with_password, "without second factors now; all sessions have ended")
    if missed := [str(user) for user in chosen if not user.has_usable_password()]:
        words = f"No password, so make a recovery link: {', '.join(missed)}."
        site.message_user(request, words, messages.WARNING)
    return None


@admin.action(description="Make a recovery link, for who lost everything", permissions=["change"])
def recovery_link(site: People, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
    """One person at a time: the link is shown here and nowhere else, for the admin to hand over.

    Whoever sees it could use it, so it is for who may change people, and not for the helpdesk.
    """
    active = site.manageable(request, people.filter(is_active=True))
    if len(chosen := list(active[:2])) != 1:
        site.message_user(request, "Choose one person who is active.", messages.WARNING)
        return None
    if asking := ask(site, request, active, "recovery_link"):
        return asking
    url = lifecycle.recovery_link(chosen[0], actor=acting(request), now=timezone.now(), request=request)
    what = "Hand this link over yourself, once you are sure who asks. It works once, within a day."
    return site.link_page(request, chosen[0], url, title=f"A recovery link for {chosen[0]}", what=what)


def _tell(site: People, request: HttpRequest, people: Iterable[User], words: str, more: object = "") -> None:
    names = [str(user) for user in people]
    if not names:
        site.message_user(request, "None of these could be changed.", messages.WARNING)
        return
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    site.message_user(request, f"{shown}: {words}. {more}".strip(), messages.SUCCESS)


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


@dataclass(frozen=True)
class Button:
    """An action on the page of one person; `warning` where it is asked first."""

    name: str
    label: str
    warning: str = ""


def buttons(allowed: Iterable[str], user: User, *, actor: User, now: datetime) -> list[Button]:
    """Only what would change something for this person as they are."""
    has = keeping.as_json(user)
    fits = {
        "disable": user.is_active and user.pk != actor.pk,
        "enable": not user.is_active,
        "lift_block": any(each.locked or each.wait for each in throttling.of_person(user.sub, now)),
        "require_new_password": user.is_active and has["password"] and not user.must_change_password,
        "end_sessions": sessions.lives(now).filter(user=user).exists(),
        "send_reset": user.is_active and bool(user.email),
        "reset_factors": has["password"] and bool(has["passkeys"] or has["authenticator_apps"]),
        "recovery_link": user.is_active,
    }
    return [
        Button(name, _short(action), QUESTIONS[name].in_short if name in QUESTIONS else "")
        for action in ALL
        if (name := action.__name__) in set(allowed) and fits[name]
    ]


def _short(action: Any) -> str:
    """What a button says."""
    return str(action.short_description).partition(":")[0].partition(",")[0]
