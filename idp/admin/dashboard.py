"""What the first page of the admin says of apps and keys."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import dashboard
from accounts.dashboard import Figure, Step, Task
from accounts.models import User
from idp.models import Client
from keys.models import SigningKey

_CONNECT = Task("Connect an app", "admin:idp_client_gallery", ("idp.add_client",))
_TASKS = (
    Task("Keys", "admin:keys_signingkey_changelist", ("keys.view_signingkey",)),
    Task("Refusals", "admin:idp_trace_changelist", ("idp.view_trace",)),
    Task("Doctor", "admin:doctor", ("idp.view_client", "keys.view_signingkey")),
)
_OURS = ("demo-", "playground")  # apps that come with Signet


def _steps(user: User, now: datetime) -> Iterator[Step]:
    ours = [Q(client_id__startswith=start) for start in _OURS]
    others = Client.objects.exclude(reduce(or_, ours))
    if user.has_perm("idp.add_client") and not others.exists():
        why = "No app of yours asks Signet yet. Choose what it is, and paste what the next page says."
        yield Step("Connect an app", why, reverse("admin:idp_client_gallery"))


def _figures(user: User, now: datetime) -> Iterator[Figure]:
    if user.has_perm("idp.view_client"):
        count = Client.objects.filter(enabled=True).count()
        yield Figure("Apps", str(count), f"{reverse('admin:idp_client_changelist')}?enabled__exact=1")
    if user.has_perm("keys.view_signingkey"):
        yield from _key(now)


def _key(now: datetime) -> Iterator[Figure]:
    """Of the keys that sign now the one whose turn ends first."""
    signing = SigningKey.objects.filter(signs_from__lte=now, signs_until__gt=now, revoked_at=None)
    key = signing.order_by("signs_until").first()
    if key is not None:
        days = (now - key.signs_from).days
        age = f"{days} day{'' if days == 1 else 's'}" if days else "new"
        words = f"{key.algorithm}, next from {timezone.localtime(key.signs_until):%Y-%m-%d}"
        yield Figure("Age of the key", age, reverse("admin:keys_signingkey_changelist"), words)


def register() -> None:
    dashboard.TASKS[:0] = [_CONNECT]
    dashboard.TASKS.extend(_TASKS)
    dashboard.steps.insert(0, _steps)
    dashboard.figures.append(_figures)
