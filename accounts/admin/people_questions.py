"""What is asked before something is taken from people: the page says what follows, and nothing has happened yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import sessions
from accounts.models import User

if TYPE_CHECKING:
    from accounts.admin.people import People

NAMED = 20


@dataclass(frozen=True)
class Question:
    """The button's words, what follows in sentences, and whether sessions end."""

    yes: str
    consequences: tuple[str, ...]
    ends_sessions: bool = True

    @property
    def in_short(self) -> str:
        return self.consequences[0]


QUESTIONS = {
    "disable": Question(
        "Disable",
        (
            "All sessions end, and nobody signs in with this account until it is enabled again.",
            "Apps that take part in sign-out are told.",
            "Nothing is deleted.",
        ),
    ),
    "require_new_password": Question(
        "Require a new password",
        ("All sessions end, and the next sign-in asks for a new password.",),
    ),
    "end_sessions": Question(
        "End all sessions",
        (
            "Signed out in every browser and on every device; apps that take part in sign-out are told.",
            "The password and the second factors stay as they are.",
        ),
    ),
    "reset_factors": Question(
        "Reset second factors",
        (
            "Every passkey, authenticator app and recovery code is removed, and all sessions end.",
            "The password alone signs in then, until a new second factor is set up.",
            "Whose password is known to somebody else loses the account by this: make sure who asks.",
        ),
    ),
    "recovery_link": Question(
        "Make a recovery link",
        (
            "Whoever opens the link gets into the account: it is for somebody who lost everything.",
            "Make sure who asks. It is shown once, works once, and for a day.",
            "When it is opened, all sessions end, and password, passkeys, apps and codes are removed.",
            "A mail tells that it was made.",
        ),
        ends_sessions=False,
    ),
}


def ask(site: People, request: HttpRequest, people: QuerySet[User], name: str) -> HttpResponse | None:
    """The page that asks; None once the answer is yes, or when there is nobody whom it would hit."""
    if "confirmed" in request.POST or not people.exists():
        return None
    question, count = QUESTIONS[name], people.count()
    lives = sessions.lives(timezone.now()).filter(user__in=people).count() if question.ends_sessions else 0
    context = {
        **site.admin_site.each_context(request),
        "opts": site.opts,
        "title": f"{question.yes}?",
        "question": question,
        "action": name,
        "named": [str(user) for user in people[:NAMED]],
        "more": max(0, count - NAMED),
        "lives": lives,
        "checkbox": ACTION_CHECKBOX_NAME,
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "across": request.POST.get("select_across", "0"),
        "person": request.POST.get("person", ""),
    }
    return TemplateResponse(request, "admin/accounts/user/confirm.html", context)
