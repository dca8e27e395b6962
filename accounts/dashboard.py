"""What the first page of the admin shows above its lists: what is to do, common tasks, figures, and what happened last.

The room above adds what it knows of apps and keys. Each part is shown to those only who may open what it leads to.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from accounts import emails, event_names, sessions
from accounts.factors.owned import owned
from accounts.models import AuditEvent, User

LATEST = 10
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Task:
    """A link to what is often done."""

    title: str
    url_name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """Something that waits to be done, and why."""

    what: str
    why: str
    url: str


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    url: str
    words: str = ""


TASKS = [
    Task("Invite people", "admin:accounts_invitation_add", ("accounts.add_user", "accounts.add_invitation")),
    Task("Add person", "admin:accounts_user_add", ("accounts.add_user",)),
    Task("Audit log", "admin:accounts_auditevent_changelist", ("accounts.view_auditevent",)),
]


def _steps(user: User, now: datetime) -> Iterator[Step]:
    if not owned(user).second:
        why = "A password alone opens the admin now, and with it every app."
        yield Step("Add a passkey for yourself", why, reverse("accounts:security"))
    if user.is_superuser and emails.kept_here():
        why = "No mail goes out: nobody gets an invitation or a link for a new password. Set IDP_EMAIL_URL."
        yield Step("Set up mail", why, reverse("admin:doctor"))
    invites = user.has_perms(("accounts.add_user", "accounts.add_invitation"))
    if invites and not User.objects.exclude(pk=user.pk).exists():
        why = "You are the only one here. A list of addresses will do; groups can be given at once."
        yield Step("Invite people", why, reverse("admin:accounts_invitation_add"))


def _figures(user: User, now: datetime) -> Iterator[Figure]:
    if user.has_perm("accounts.view_user"):
        count = User.objects.aggregate(all=Count("pk"), off=Count("pk", filter=Q(is_active=False)))
        words = f"{count['off']} disabled" if count["off"] else ""
        yield Figure("People", str(count["all"]), reverse("admin:accounts_user_changelist"), words)
    if user.has_perm("accounts.view_session"):
        live = f"{reverse('admin:accounts_session_changelist')}?state=live"
        yield Figure("Live sessions", str(sessions.lives(now).count()), live)
    if user.has_perm("accounts.view_auditevent"):
        lately = dict(
            AuditEvent.objects.filter(at__gt=now - DAY, type__in=("login.succeeded", "login.failed"))
            .order_by()
            .values_list("type")
            .annotate(Count("pk"))
        )
        log = reverse("admin:accounts_auditevent_changelist")
        for label, type in (("Sign-ins in 24 h", "login.succeeded"), ("Failures in 24 h", "login.failed")):
            yield Figure(label, str(lately.get(type, 0)), f"{log}?type={type}")


steps: list[Callable[[User, datetime], Iterable[Step]]] = [_steps]
figures: list[Callable[[User, datetime], Iterable[Figure]]] = [_figures]


def of(user: User, now: datetime) -> dict[str, Any]:
    """What the template of the page asks for."""
    sees_log = user.has_perm("accounts.view_auditevent")
    return {
        "steps": [step for part in steps for step in part(user, now)],
        "tasks": [(task.title, reverse(task.url_name)) for task in TASKS if user.has_perms(task.permissions)],
        "figures": [figure for part in figures for figure in part(user, now)],
        "latest": event_names.put(AuditEvent.objects.order_by("-id")[:LATEST]) if sees_log else None,
    }
