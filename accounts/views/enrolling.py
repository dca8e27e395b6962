"""The parts of pages that set up a factor, for the account pages and for the step of a sign-in alike."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.factors import keeping, passkeys, totp
from accounts.forms import CodeForm
from accounts.middleware import Request
from accounts.models import Totp, User
from accounts.qr import Qr


def app_context(user: User, *, now: datetime, seed: bytes | None = None, **more: Any) -> dict[str, Any]:
    """A new seed, or the one that the page was sent with."""
    seed = seed or totp.new_seed()
    form = CodeForm(_("Code that the app shows"), "totp")
    return {
        "by": "app",
        "form": form.focus(),
        "seed": totp.shown(seed),
        "qr": Qr.of(totp.address(user, seed)),
        "draft": totp.draft(user, seed, now=now),
        **more,
    }


def app_from(request: Request, user: User, *, now: datetime) -> tuple[Totp | None, bytes | None]:
    """The app that was set up; without one, the seed to show again."""
    seed = totp.open_draft(user, request.POST.get("draft", ""), now=now)
    if seed is None:
        return None, None
    typed = "".join(request.POST.get("code", "")[:64].split())
    name = request.POST.get("name", "")
    return keeping.add_app(user, seed, typed, name=name, request=request, now=now), seed


def passkey_context(user: User, **more: Any) -> dict[str, Any]:
    options = passkeys.registration_options(user, passkeys.registration_of(user))
    return {"by": "passkey", "options": options, **more}


WRONG_CODE = gettext_noop("This code is not right. Type the one that the app shows now.")
TOO_LATE = gettext_noop("The page was open for too long. Set up the app with this new code.")
NO_PASSKEY = gettext_noop("The passkey could not be added. Try again, or use another device.")
