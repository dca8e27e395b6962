"""`manage.py user …`: people added, listed, shown, disabled and enabled, and links to sign in."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import audit, deletion, emails, faults, invitations, lifecycle, links, own_data, roles
from accounts.factors import keeping
from accounts.management import inviting, people
from accounts.models import Invitation, User

ACTOR = "command"


class Command(BaseCommand):
    help = "Adds and keeps people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="add a person")
        create.add_argument("--email", default="")
        create.add_argument("--email-verified", action="store_true", help="the address is known to be theirs")
        create.add_argument("--group", action="append", default=[], help="may be repeated; made when missing")
        create.add_argument("--staff", action="store_true", help="may open the admin, as far as permitted")
        create.add_argument("--superuser", action="store_true", help="may do all in the admin")
        create.add_argument("--must-change-password", action="store_true", help="asks for a new one at first")
        create.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input; without it a link to choose one is printed",
        )
        people.add_claims(create)
        on_one = [create]
        for name, text in (
            ("show", "print a person"),
            ("disable", "end all sessions, no more sign-in"),
            ("enable", "let in again, and lift a lock of sign-in"),
            ("login-link", "print a link that signs in once, within 30 minutes"),
            ("factors", "print how a person signs in: passkeys, apps, recovery codes; never a secret"),
            ("reset-mfa", "remove all passkeys, authenticator apps and recovery codes; ends all sessions"),
            ("recovery-link", "print a link for somebody who lost everything, good once, within a day"),
            ("data", "print all that is kept about somebody, as JSON"),
            ("delete", "delete somebody at once, with sessions and the access of apps"),
            ("keep", "take back what somebody asked for: to be deleted"),
            ("roles", "set somebody's roles in the admin"),
            ("resend", "send an invitation again"),
            ("withdraw", "take an invitation back, and the person if they never came"),
        ):
            on_one.append(actions.add_parser(name, help=text))
            if name == "roles":
                on_one[-1].add_argument("--role", action="append", default=[], choices=list(roles.TABLE))
        for each in on_one:
            each.add_argument("username", help="user name" if each is create else "user name or e-mail")
        invite = actions.add_parser("invite", help="invite people by mail: all of a list, or nobody")
        inviting.add_options(invite)
        on_all = [invite, actions.add_parser("list", help="list all people")]
        on_all.append(actions.add_parser("invitations", help="list invitations that are waiting"))
        for each in (*on_one, *on_all):
            each.add_argument("--json", action="store_true", help="print JSON, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        action = getattr(self, f"_{options['action'].replace('-', '_')}")
        try:
            action(options, timezone.now())
        except ValidationError as error:
            raise CommandError("; ".join(faults.sentences(error, _called))) from error
        emails.wait()

    def _create(self, options: dict[str, Any], now: datetime) -> None:
        user = _read(options, now)
        with transaction.atomic():
            user.save(force_insert=True)
            user.groups.set([Group.objects.get_or_create(name=name)[0] for name in options["group"]])
            audit.record("user.created", actor=ACTOR, subject=user, username=user.username)
        answer = people.as_json(user)
        if not user.has_usable_password():
            answer["link"] = invitations.send(user, actor=ACTOR, now=now, is_shown=True)
        if options["json"]:
            self._print(answer)
        else:
            self.stdout.write(f"{user} was added; sub {user.sub}")
            if "link" in answer:
                self.stdout.write(f"To choose a password, within {_lifetime()}: {answer['link']}")

    def _list(self, options: dict[str, Any], now: datetime) -> None:
        users = User.objects.prefetch_related("groups__node").iterator(500)
        if options["json"]:
            self._print([people.as_json(user) for user in users])
            return
        for user in users:
            state = "" if user.is_active else "disabled"
            self.stdout.write(f"{user.sub}  {user.username_display:<24} {user.email:<32} {state}".rstrip())

    def _show(self, options: dict[str, Any], now: datetime) -> None:
        shown = people.as_json(_find(options))
        if options["json"]:
            self._print(shown)
            return
        for name, value in shown.items():
            if value not in ("", None, {}, []):
                self.stdout.write(f"{name:>21}  {value}")

    def _disable(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        lifecycle.disable(user, actor=ACTOR, now=now)
        self._done(options, user, "is disabled; all sessions have ended")

    def _enable(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        lifecycle.enable(user, actor=ACTOR)
        self._done(options, user, "may sign in")

    def _login_link(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        if not user.is_active:
            raise CommandError(f"{user} is disabled.")
        url = links.url(links.Purpose.LOGIN, links.issue(links.Purpose.LOGIN, user, now=now))
        audit.record("link.issued", actor=ACTOR, subject=user, purpose="login")
        if options["json"]:
            self._print({"sub": user.sub, "url": url})
        else:
            self.stdout.write(url)

    def _factors(self, options: dict[str, Any], now: datetime) -> None:
        factors = keeping.as_json(_find(options))
        if options["json"]:
            self._print(factors)
            return
        self.stdout.write(f"password: {'yes' if factors['password'] else 'no'}")
        for kind in ("passkeys", "authenticator_apps"):
            for each in factors[kind]:
                self.stdout.write(f"{kind}: {each['name']}, last used {each['last_used_at'] or 'never'}")
        self.stdout.write(f"recovery codes left: {factors['recovery_codes_left']}")
        self.stdout.write(f"devices not asked for a second factor: {factors['trusted_devices']}")

    def _reset_mfa(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        if not user.has_usable_password():
            raise CommandError(f"{user} has no password, so nothing would be left: use recovery-link.")
        keeping.reset(user, actor=ACTOR, now=now)
        self._done(options, user, "has no second factor any more; all sessions have ended")

    def _recovery_link(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        if not user.is_active:
            raise CommandError(f"{user} is disabled.")
        url = lifecycle.recovery_link(user, actor=ACTOR, now=now)
        if options["json"]:
            self._print({"sub": user.sub, "url": url})
        else:
            self.stdout.write(url)

    def _invite(self, options: dict[str, Any], now: datetime) -> None:
        answer = inviting.invite(options, now)
        if options["json"]:
            self._print(answer)
            return
        words = "would be invited" if options["dry_run"] else "is invited"
        for each in answer["people"]:
            groups = f", in {', '.join(each['groups'])}" if each["groups"] else ""
            self.stdout.write(f"{each['email']} {words} as {each['username']}{groups}")
        if not options["dry_run"] and (kept := emails.kept_here()):
            self.stdout.write(str(kept))

    def _invitations(self, options: dict[str, Any], now: datetime) -> None:
        waiting = [
            inviting.as_json(each, now)
            for each in Invitation.objects.filter(accepted_at=None).select_related("user")
        ]
        if options["json"]:
            self._print(waiting)
            return
        for each in waiting:
            self.stdout.write(
                f"{each['username']:<24} {each['email']:<32} {each['state']} until {each['expires_at']}"
            )

    def _resend(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        invitations.send_again(inviting.find(user), actor=ACTOR, now=now, request=None)
        self._done(options, user, "is invited again")
        if user.email and not options["json"] and (kept := emails.kept_here()):
            self.stdout.write(str(kept))

    def _withdraw(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        shown = people.as_json(user)
        invitations.withdraw(inviting.find(user), actor=ACTOR)
        if options["json"]:
            self._print(shown)
        else:
            self.stdout.write(f"The invitation of {user} is withdrawn.")

    def _data(self, options: dict[str, Any], now: datetime) -> None:
        self._print(own_data.document(_find(options), all_attributes=True))

    def _delete(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        if deletion.is_last_owner(user):
            raise CommandError(f"{user} is the only owner.")
        shown = people.as_json(user)
        deletion.delete(user, actor=ACTOR, now=now)
        if options["json"]:
            self._print(shown)
        else:
            self.stdout.write(f"{shown['username']} is deleted.")

    def _keep(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        if not deletion.cancel(user, actor=ACTOR):
            raise CommandError(f"{user} is not about to be deleted.")
        self._done(options, user, "stays")

    def _roles(self, options: dict[str, Any], now: datetime) -> None:
        user = _find(options)
        roles.assign(user, options["role"], actor=ACTOR)
        self._done(options, user, f"is {', '.join(options['role']) or 'nothing in the admin'}")

    def _done(self, options: dict[str, Any], user: User, words: str) -> None:
        if options["json"]:
            user.refresh_from_db()
            self._print(people.as_json(user))
        else:
            self.stdout.write(f"{user} {words}.")

    def _print(self, value: Any) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False))


def _read(options: dict[str, Any], now: datetime) -> User:
    """The new person, checked like one from a form."""
    is_admin = options["superuser"]
    user = User(
        username=options["username"],
        email=options["email"],
        is_staff=options["staff"] or is_admin,
        is_superuser=is_admin,
        must_change_password=options["must_change_password"],
        **people.claims(options),
    )
    if options["email_verified"] and user.email:
        user.verify_email(by="admin:command", now=now)
    if options["phone_number_verified"] and user.phone_number:
        user.phone_number_verified_at = now
    user.set_unusable_password()
    user.full_clean()
    if options["password_stdin"]:
        password = sys.stdin.readline().rstrip("\r\n")
        validate_password(password, user)
        user.set_password(password)
    return user


def _lifetime() -> str:
    return emails.in_words(links.LIFETIMES[links.Purpose.INVITE])


def _find(options: dict[str, Any]) -> User:
    user = User.objects.find(options["username"])
    if user is None:
        raise CommandError(f"There is nobody called {options['username']}.")
    return user


def _called(name: str) -> str:
    return "user name" if name.startswith("username") else f"--{name.replace('_', '-')}"
