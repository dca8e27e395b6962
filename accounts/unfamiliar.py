"""Sign-ins that are news to their person: told of by mail, and on their pages until they say that it was them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts import emails, links, places, sessions
from accounts.models import Session, Unfamiliar, User

SHOWN = timedelta(days=7)  # after its end
ENDED_BY_PERSON = "ended by the person"


def judge(user: User, session: Session, *, is_new_device: bool, now: datetime) -> None:
    """Of a session that has just begun. A new device is news by itself, wherever it is."""
    is_new_place = places.visit(user, session.address, now=now)
    if is_new_device:
        _mark(session, Unfamiliar.DEVICE)
        _tell(emails.new_device, user, session, now=now)
    elif is_new_place:
        _mark(session, Unfamiliar.PLACE)
        if places.may_be_told(user, session.address, now=now):
            _tell(emails.new_place, user, session, now=now)


def to_look_at(user: User, *, seen_from: Session, now: datetime) -> QuerySet[Session]:
    """Those that nobody has answered for yet; a session can't speak for itself."""
    recent = Q(ended_at__gt=now - SHOWN) | Q(pk__in=sessions.lives(now).filter(user=user).values("pk"))
    return (
        Session.objects.filter(recent, user=user)
        .exclude(unfamiliar="")
        .exclude(Q(pk=seen_from.pk) | Q(end_reason=ENDED_BY_PERSON))
    )


def was_them(user: User, sid: str, *, seen_from: Session, now: datetime) -> bool:
    """The person knows this sign-in; whether there was one to know."""
    return bool(to_look_at(user, seen_from=seen_from, now=now).filter(pk=sid).update(unfamiliar=""))


def _mark(session: Session, what: Unfamiliar) -> None:
    session.unfamiliar = what
    Session.objects.filter(pk=session.pk).update(unfamiliar=what)


Mail = Callable[[User, Session, str], None]


def _tell(mail: Mail, user: User, session: Session, *, now: datetime) -> None:
    """With a link that ends the session and needs no sign-in."""
    if user.email:
        token = links.issue(links.Purpose.END, user, session=session, now=now)
        url = links.url(links.Purpose.END, token)
        mail(user, session, url)
