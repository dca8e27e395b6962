"""Second factors that are typed: what each proves, who is offered it, and how a code is judged, throttled (S-102)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop as _

from accounts import audit, devices, emails, sequence
from accounts.factors import mailed, recovery, totp
from accounts.factors.owned import Owned
from accounts.login import FACTOR_THROTTLE as THROTTLE
from accounts.login import Refused, after_miss
from accounts.middleware import Request
from accounts.models import PendingLogin
from accounts.origin import origin
from accounts.sequence import Progress
from accounts.throttling import Limit, Throttle

# Mails are sent to somebody who may not have asked for them.
SENDING = Throttle("mailed code", Limit(free=3, step=60, longest=3600, leak=1 / 900))
_MOST_TYPED = 64


@dataclass(frozen=True)
class CodeFactor:
    name: str
    amr: tuple[str, ...]
    label: str  # of its field
    link: str  # where another is shown and this is offered
    is_owned: Callable[[Owned], bool]
    check: Callable[[PendingLogin, str, datetime], bool]


FACTORS = {
    factor.name: factor
    for factor in (
        CodeFactor(
            "totp",
            sequence.TOTP,
            _("Code of your authenticator app"),
            _("Use your authenticator app"),
            lambda owned: owned.totp,
            lambda pending, typed, now: totp.check(pending.user, typed, now=now),
        ),
        CodeFactor(
            "mail",
            sequence.MAILED,
            _("Code from the mail"),
            _("Get a code by mail"),
            lambda owned: owned.mail and owned.second,
            lambda pending, typed, now: mailed.check(pending, typed, now=now),
        ),
        CodeFactor(
            "recovery",
            sequence.RECOVERY,
            _("Recovery code"),
            _("Use a recovery code"),
            lambda owned: owned.recovery_codes > 0 and owned.second,
            lambda pending, typed, now: recovery.check(pending.user, typed, now=now),
        ),
    )
}


PASSKEY = "passkey"


def offered(owned: Owned, progress: Progress) -> list[str]:
    """The names of the person's factors that give what is needed now, or failing that a part of it.

    A recovery code does for what a policy wants, which may be what was lost; never for what an app asks.
    """
    gives = {PASSKEY: owned.passkeys_prove} if owned.passkey else {}
    gives |= {each.name: frozenset(each.amr) for each in FACTORS.values() if each.is_owned(owned)}
    needed = progress.second_needed
    whole = [name for name, amr in gives.items() if needed <= amr]
    if "recovery" in gives and "recovery" not in whole and not progress.asked - progress.held:
        whole.append("recovery")
    return whole or [name for name, amr in gives.items() if needed & amr]


def judge(request: Request, pending: PendingLogin, factor: CodeFactor, typed: str, *, now: datetime) -> None:
    """Raises Refused unless the code is right. All typed factors of a person share one budget."""
    user, address = pending.user, origin(request).address
    device = devices.known(request, user)
    if wait := THROTTLE.attempt(user.sub, address, now, device=device):
        raise Refused(wait)
    code = re.sub(r"[\s-]", "", typed)
    if len(typed) <= _MOST_TYPED and code.isascii() and factor.check(pending, code, now):
        THROTTLE.succeeded(user.sub, device=device)
        return
    THROTTLE.missed(address, now, device=device)
    audit.record(
        "factor.refused",
        request=request,
        actor="anonymous",
        subject=user,
        outcome="refused",
        factor=factor.name,
    )
    after_miss(request, THROTTLE, user.sub, user, device=device, now=now)
    raise Refused


def send_mail(request: Request, pending: PendingLogin, *, now: datetime) -> None:
    """A new code; raises Refused when there were many."""
    if wait := SENDING.attempt(pending.user.sub, origin(request).address, now):
        raise Refused(wait)
    emails.code(pending.user, mailed.new_code(pending, now=now))
