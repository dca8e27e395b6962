"""People whom somebody else vouches for: made with a free user name, kept current, never built on what strangers left.

Another provider (idp.upstream) and the company's directory (accounts.directory) both come through here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import audit, elsewhere
from accounts.factors import keeping
from accounts.models import User
from accounts.names import USERNAME_LENGTH, canonical, validate_username

MOST_TRIES = 1000


def make(
    issuer: str,
    subject: str,
    *,
    username: str,
    label: str,
    email: str,
    by: str,
    names: Mapping[str, str],
    groups: Iterable[Group] = (),
    request: HttpRequest | None,
    now: datetime,
) -> User:
    """A new person without a password of ours. `email` is one that `by` has proved, or "". Raises IntegrityError when
    somebody was faster.
    """
    with transaction.atomic():
        user = User(username=free_username(username or label), email=email, **_fitting(names))
        user.set_unusable_password()
        if email:
            user.verify_email(by=by, now=now)
        user.save(force_insert=True)
        user.groups.set(groups)
        audit.record(
            "user.created",
            request=request,
            actor=by,
            subject=user,
            username=user.username,
            from_elsewhere=True,
        )
        if not elsewhere.link(
            user, issuer, subject, label=label, how="new account", request=request, now=now
        ):
            raise IntegrityError("linked meanwhile")
    return user


def refresh(user: User, names: Mapping[str, str], email: str, *, by: str, now: datetime) -> None:
    """Takes over what is said now. An address only where there is none: whose it is may have changed there too."""
    said = {name: value for name, value in _fitting(names).items() if value and getattr(user, name) != value}
    for name, value in said.items():
        setattr(user, name, value)
    changed = [*said]
    if email and not user.email and not User.objects.filter(email=email).exists():
        user.email = email
        changed.append("email")
    if email and user.email == email and not user.email_verified:
        user.verify_email(by=by, now=now)
        changed += ["email_verified_at", "email_verified_by"]
    if changed:
        user.save(update_fields=[*changed, "updated_at"])


def begin_anew(user: User, *, by: str, request: HttpRequest, now: datetime) -> None:
    """For an account whose address nobody had proved, when its owner comes: whoever may have prepared it is out.

    Password, factors, other identities, sessions, links, and what apps were given and might be given unasked go (the
    five attacks of Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022): what is left is what the
    account is called.
    """
    with transaction.atomic():
        user.identities.all().delete()
        user.set_unusable_password()
        user.password_by_mail, user.must_change_password = False, False
        user.verify_email(by=by, now=now)
        user.save(
            update_fields=[
                *("password", "password_by_mail", "must_change_password", "email_verified_at"),
                *("email_verified_by", "updated_at"),
            ]
        )
        keeping.reset(
            user, actor=by, now=now, request=request, with_consents=True, reason="account begun anew"
        )


def free_username(wanted: str) -> str:
    """That one if it can be had; otherwise the nearest with a number."""
    base = _usable(wanted)
    candidates = [base, *(f"{base[: USERNAME_LENGTH - 5]}-{number}" for number in range(2, MOST_TRIES))]
    taken = set(
        User.objects.filter(username__startswith=canonical(base[: USERNAME_LENGTH - 5])).values_list(
            "username", flat=True
        )
    )
    return next((name for name in candidates if canonical(name) not in taken), candidates[-1])


def _usable(wanted: str) -> str:
    name = wanted.partition("@")[0].strip().replace(" ", ".")[:USERNAME_LENGTH]
    try:
        validate_username(name)
    except (ValidationError, IndexError):
        return "person"
    return name


def _fitting(names: Mapping[str, str]) -> dict[str, str]:
    """Those that our fields take; one that they don't is left out, for it is no reason to keep somebody out."""
    fitting = {}
    for name, value in names.items():
        field = User._meta.get_field(name)
        try:
            fitting[name] = field.clean(value, None)  # type: ignore[union-attr]
        except ValidationError:
            continue
    return fitting
