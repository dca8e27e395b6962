"""From a person who was named elsewhere into the sign-in sequence, with as much proved as counts here."""

from datetime import datetime, timedelta

from django.http import HttpResponse

from accounts import pending as pendings
from accounts.factors.owned import owned
from accounts.middleware import Request
from accounts.models import User
from accounts.sequence import FEDERATED, MFA
from accounts.views.onward import go_on
from idp.models import UpstreamVisit
from idp.upstream import visits
from idp.upstream.proof import Proof
from idp.upstream.refusals import NotFresh
from keys.verification import LEEWAY


def sign_in(
    request: Request, visit: UpstreamVisit, user: User, proof: Proof, *, now: datetime
) -> HttpResponse:
    """By the steps that are still due. A sign-in that is too old counts as a name, to be proved by a factor of ours."""
    amr, asked = proof.amr, set(visit.needs)
    if not _is_fresh(visit, proof):
        if not owned(user).second:
            raise NotFresh("auth_time is missing or too old")
        amr, asked = FEDERATED, asked | MFA
    visits.decide(visit)
    user = User.objects.get(
        pk=user.pk
    )  # as it is now: what was taken over is part of what a sign-in is bound to
    pending = pendings.begin(user, visit.next_path, amr=amr, used=["upstream"], asked=asked, now=now)
    return go_on(request, pending, now=now)


def _is_fresh(visit: UpstreamVisit, proof: Proof) -> bool:
    if visit.max_age is None:
        return True
    oldest = visit.created_at - timedelta(seconds=visit.max_age) - LEEWAY
    return proof.auth_time is not None and proof.auth_time >= oldest.timestamp()
