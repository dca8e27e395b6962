"""`manage.py user invite`, `invitations`, `resend` and `withdraw`: their options, and what each prints."""

import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import CommandError

from accounts import invitation_sheet, invitations, landings
from accounts.invitation_sheet import Sheet
from accounts.models import Invitation, User

ACTOR = "command"


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("email", nargs="*", help="whom to invite, by e-mail address")
    parser.add_argument("--csv", metavar="FILE", help="a list, or - for standard input: " + ", ".join(
        invitation_sheet.COLUMNS
    ))  # fmt: skip
    parser.add_argument("--group", action="append", default=[], help="of all of them; may be repeated")
    parser.add_argument("--app", default="", metavar="CLIENT_ID", help="the app where they land")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and do nothing")


def invite(options: dict[str, Any], now: datetime) -> dict[str, Any]:
    """All of the list or, when a line is bad, nobody. Raises CommandError with each bad line."""
    groups = _groups(options["group"])
    if options["app"] and landings.find(options["app"]) is None:
        raise CommandError(f"There is no app {options['app']} that can begin a sign-in.")
    sheet = invitation_sheet.read(_text(options), groups=Group.objects.all())
    if sheet.problems:
        raise CommandError("Nobody was invited.\n" + "\n".join(map(str, sheet.problems)))
    answer = {"dry_run": options["dry_run"], "people": _people(sheet, groups)}
    if not options["dry_run"]:
        invitations.send_all(sheet.lines, groups=groups, actor=ACTOR, now=now, app=options["app"])
    return answer


def as_json(invitation: Invitation, now: datetime) -> dict[str, Any]:
    return {
        "sub": invitation.user.sub,
        "username": invitation.user.username_display,
        "email": invitation.user.email,
        "state": invitation.state(now),
        "app": invitation.app,
        "invited_by": invitation.invited_by,
        "sent_at": invitation.sent_at.isoformat(),
        "expires_at": invitation.expires_at.isoformat(),
    }


def find(user: User) -> Invitation:
    """The open or expired invitation of somebody. Raises CommandError."""
    invitation = Invitation.objects.filter(user=user, accepted_at=None).select_related("user").first()
    if invitation is None:
        raise CommandError(f"{user} has no invitation that is waiting.")
    return invitation


def _groups(names: list[str]) -> list[Group]:
    groups = list(Group.objects.filter(name__in=names))
    if missing := set(names) - {group.name for group in groups}:
        raise CommandError(f"There is no group {min(missing)}.")
    return groups


def _text(options: dict[str, Any]) -> str:
    if options["csv"] and options["email"]:
        raise CommandError("Name the people here or in the file, not both.")
    if not options["csv"]:
        return "\n".join(options["email"])
    try:
        return sys.stdin.read() if options["csv"] == "-" else Path(options["csv"]).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{options['csv']} can't be read: {error}") from error


def _people(sheet: Sheet, groups: list[Group]) -> list[dict[str, Any]]:
    return [
        {
            "line": line.number,
            "username": line.user.username_display,
            "email": line.user.email,
            "groups": sorted({group.name for group in (*line.groups, *groups)}),
        }
        for line in sheet.lines
    ]
