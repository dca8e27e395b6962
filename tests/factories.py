"""People and signed-in browsers for tests of all rooms."""

import itertools
from datetime import datetime
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.factors import recovery, totp
from accounts.models import Session, Totp, User
from accounts.secrets import digest, new_token
from keys import sealing

PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def make_user(username: str = "", *, password: str | None = None, **fields: Any) -> User:
    """A person with a verified e-mail address; without `password` there is none, and no time for its hash."""
    username = username or f"person{next(_numbers)}"
    fields.setdefault("email", f"{username}@example.com".lower())
    if fields["email"]:
        fields.setdefault("email_verified_at", timezone.now())
        fields.setdefault("email_verified_by", "admin:test")
    return User.objects.create_user(username, password, **fields)


def make_admin(username: str = "", **fields: Any) -> User:
    return make_user(username, is_staff=True, is_superuser=True, **fields)


def make_session(user: User, *, now: datetime | None = None, token: str = "", **fields: Any) -> Session:
    now = now or timezone.now()
    fields = {"auth_time": now, "amr": ["pwd"], "last_seen_at": now, **fields}
    fields.setdefault("expires_at", now + settings.SESSION_LIFETIME)
    return Session.objects.create(
        token_hash=digest(token or new_token()), user=user, created_at=now, **fields
    )


def sign_in(client: Client, user: User, *, now: datetime | None = None, **fields: Any) -> Session:
    """A live session of `user` in `client`, without the login page."""
    token = new_token()
    session = make_session(user, now=now, token=token, **fields)
    client.cookies[settings.SESSION_COOKIE_NAME] = token
    return session


SEED = b"12345678901234567890"


def add_app(user: User, *, seed: bytes = SEED) -> Totp:
    """An authenticator app that has shown no code yet."""
    sealed = sealing.seal(seed, context=f"totp:{user.pk}")
    return Totp.objects.create(user=user, name="Phone", sealed=sealed, created_at=timezone.now())


def app_code(*, now: datetime | None = None, seed: bytes = SEED) -> str:
    """What the app shows."""
    return totp.code(seed, int((now or timezone.now()).timestamp()) // totp.PERIOD)


def recovery_codes(user: User) -> list[str]:
    return recovery.make(user, now=timezone.now())
