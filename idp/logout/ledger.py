"""The ledger in words: which apps were told that a session ended, and what came of it."""

from collections import defaultdict
from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts.endings import Told
from idp.models import LogoutNotice


def of_sessions(sids: Collection[str]) -> dict[str, list[Told]]:
    """The lines of each session, by `sid`."""
    found: dict[str, list[Told]] = defaultdict(list)
    for notice in LogoutNotice.objects.filter(sid__in=sids).select_related("client").order_by("client__name"):
        words, level = said(notice)
        found[notice.sid].append(Told(notice.client.name, words, level, notice.told_at))
    return found


def said(notice: LogoutNotice) -> tuple[str, str]:
    """How it went, and how good that is: a level of `accounts.endings.Told`."""
    if notice.channel == LogoutNotice.Channel.FRONT:
        # What its page did there, the browser does not tell us.
        return (
            (_("asked in the browser"), "info")
            if notice.told_at
            else (_("not told: it listens in the browser only"), "")
        )
    if notice.told_at:
        return _("signed out"), "success"
    why = notice.get_problem_display()
    if notice.due_at is None:
        return _("not told: it %(why)s") % {"why": why}, "danger"
    return (
        (_("tried again soon: it %(why)s") % {"why": why}, "warning")
        if notice.problem
        else (_("being told"), "")
    )
