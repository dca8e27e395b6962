"""People of the directory: whose password it judges, and what is kept of them here when they sign in.

Each person has one judge. Who has a linked entry is judged by the directory alone; who has none is judged here alone,
so that nobody gets an account by being called like it; a name that is unknown here is looked for there. Decision 41.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest

from accounts import elsewhere, groups, newcomers
from accounts.directory import connection
from accounts.directory.connection import Unreachable
from accounts.directory.entries import Entry
from accounts.models import Identity, User
from accounts.models.identity import DIRECTORY
from accounts.names import canonical, validate_canonical_email

BY = "ldap"


@dataclass(frozen=True)
class Verdict:
    """`reason` is for the log; `is_down` and `wait`, in seconds, for the page."""

    user: User | None
    is_right: bool
    reason: str = ""
    is_down: bool = False
    wait: int = 0


def judge(
    user: User | None,
    name: str,
    password: str,
    *,
    is_right_here: bool,
    attempt: Callable[[User | None, str], int],
    request: HttpRequest,
    now: datetime,
) -> Verdict:
    """Whether the password opens an account, by whoever judges it; `user` is whom the name means here, if anybody.

    Where the name is the directory's alone, `attempt` counts the try on whose entry it is, or on the entry's id, for an
    entry has many names (S-102). It says how long to wait.
    """
    identity, wait = identity_of(user), 0

    def admit(entry: Entry) -> bool:
        nonlocal wait
        known = elsewhere.find(DIRECTORY, entry.uid)
        wait = attempt(known.user if known else None, entry.uid)
        return not wait

    try:
        if identity is not None:
            entry = connection.authenticate_known(identity.subject, password, now=now)
        elif user is None:
            entry = connection.authenticate(name, password, admit=admit, now=now)
        else:
            connection.pretend(now=now)
            return Verdict(user, is_right_here)
    except Unreachable:
        is_local = user is not None and identity is None
        return Verdict(user, is_local and is_right_here, "the directory does not answer", is_down=True)
    if entry is None:
        return Verdict(user, False, wait=wait)
    if entry.closed:
        return Verdict(user, False, entry.closed)
    return _arrived(entry, request=request, now=now)


def identity_of(user: User | None) -> Identity | None:
    return user.identities.filter(issuer=DIRECTORY).first() if user is not None else None


def may_still_come(user: User, *, now: datetime) -> bool:
    """For a sign-in without the password: whether the directory still has this person, and lets them in.

    While it does not answer nobody can say, and then it is no: who left must not come in by that.
    """
    identity = identity_of(user) if connection.is_on() else None
    if identity is None:
        return True
    try:
        entry = connection.look_up_known(identity.subject, now=now)
    except Unreachable:
        return False
    return entry is not None and not entry.closed


def arrive(entry: Entry, *, request: HttpRequest | None, now: datetime) -> User:
    """Who this entry is here: found by its id, or made. Raises IntegrityError when somebody was faster."""
    email = proved_email(entry)
    identity = elsewhere.find(DIRECTORY, entry.uid)
    if identity is not None:
        user = identity.user
        elsewhere.used(identity, label=entry.username, now=now)
        newcomers.refresh(user, entry.names, email, by=BY, now=now)
    else:
        user = newcomers.make(
            DIRECTORY,
            entry.uid,
            username=entry.username,
            label=entry.username,
            email="" if User.objects.filter(email=email).exists() else email,
            by=BY,
            names=entry.names,
            request=request,
            now=now,
        )
    _keep_groups(user, entry)
    if user.must_change_password:  # there is nothing here that could be changed
        User.objects.filter(pk=user.pk).update(must_change_password=False)
    return User.objects.get(pk=user.pk)


def proved_email(entry: Entry) -> str:
    """The directory is its company's own, so its word about an address counts; it links nobody all the same."""
    email = canonical(entry.email)
    try:
        validate_canonical_email(email)
    except ValidationError:
        return ""
    return email


def groups_of(entry: Entry) -> dict[Group, bool]:
    """Each group here that the directory decides about, and whether the person is in it."""
    held = {name.casefold() for name in entry.groups}
    here: dict[str, bool] = {}
    for there, name in settings.LDAP_GROUPS.items():
        here[name] = here.get(name, False) or there.casefold() in held
    # Never one that opens the admin: its members are named here (S-130).
    known = {group.name: group for group in groups.harmless().filter(name__in=here)}
    return {known[name]: is_in for name, is_in in here.items() if name in known}


def _keep_groups(user: User, entry: Entry) -> None:
    decided = groups_of(entry)
    if not decided:
        return
    has = set(user.groups.filter(pk__in=[group.pk for group in decided]))
    user.groups.add(*(group for group, is_in in decided.items() if is_in and group not in has))
    user.groups.remove(*(group for group, is_in in decided.items() if not is_in and group in has))


def _arrived(entry: Entry, *, request: HttpRequest, now: datetime) -> Verdict:
    try:
        return Verdict(arrive(entry, request=request, now=now), True)
    except IntegrityError:
        return Verdict(None, False, "somebody was faster")
