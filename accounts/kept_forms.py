"""Forms of the admin that wait while their sender proves anew who they are, so that nothing typed is lost (S-108)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, QueryDict

from accounts.models import KeptForm, Session
from keys import sealing

LIFETIME = timedelta(minutes=15)
AT_MOST = 5  # a session, each of which may be as large as a request


@dataclass(frozen=True)
class Kept:
    """Where it was sent, its fields in their order, and the names of files that can't be sent for anybody."""

    path: str
    fields: list[tuple[str, str]]
    files: list[str]


def keep(request: HttpRequest, session: Session, *, now: datetime) -> str:
    """The id under which this session finds it again."""
    form = KeptForm(session=session, path=request.get_full_path(), expires_at=now + LIFETIME)
    kept = {"fields": _fields(request.POST), "files": sorted(request.FILES)}
    form.sealed = sealing.seal(json.dumps(kept).encode(), context=_context(form.pk))
    older = KeptForm.objects.filter(session=session).order_by("-expires_at").values_list("pk", flat=True)
    KeptForm.objects.filter(pk__in=list(older[AT_MOST - 1 :])).delete()
    form.save(force_insert=True)
    return form.pk


def find(name: str, session: Session, *, now: datetime) -> Kept | None:
    """Only for the session that sent it, and not for long."""
    form = KeptForm.objects.filter(pk=name, session=session, expires_at__gt=now).first()
    if form is None:
        return None
    try:
        kept = json.loads(sealing.open_sealed(form.sealed, context=_context(form.pk)))
    except sealing.CannotOpen:
        return None
    return Kept(form.path, [(name, value) for name, value in kept["fields"]], kept["files"])


def _fields(sent: QueryDict) -> list[tuple[str, str]]:
    """All but the token of the page that it came from."""
    return [
        (name, value) for name, values in sent.lists() for value in values if name != "csrfmiddlewaretoken"
    ]


def _context(name: str) -> str:
    return f"kept-form:{name}"
