"""The pages around a visit to another provider: refused, going on, and what to do with an account that is new here."""

import logging
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts import login as logins
from accounts.fresh import fresh_login_required
from accounts.middleware import Request
from accounts.models import User
from accounts.origin import origin
from accounts.views.going_on import SeeOther, page
from idp.models import Upstream, UpstreamVisit
from idp.upstream import arrival, people, visits
from idp.upstream.proof import Proof
from idp.upstream.refusals import Expired, SomebodyElse, UpstreamRefused

log = logging.getLogger(__name__)
BINDING = f"{settings.SESSION_COOKIE_NAME}_upstream"
LINK_PAGE = "/account/security/connect/"


def browser(request: Request) -> str:
    """What the visits of this browser are bound to; "" while there are none."""
    sent = request.COOKIES.get(BINDING, "")
    return sent if len(sent) in visits.BINDING_LENGTH else ""


def going_on(request: Request, response: HttpResponse) -> HttpResponse:
    """A page in place of a redirect: here ends the chain that began with a form of the other site.

    Chromium holds a whole chain of redirects against the form-action of the page with the form, and the other site's
    names us at most, not the app that one goes on to.
    """
    shown = render(request, "idp/going_on.html", {"to": response["Location"]})
    shown.cookies.update(response.cookies)
    return shown


def refused(
    request: Request,
    refusal: UpstreamRefused,
    upstream: Upstream,
    to: str,
    *,
    user: User | None = None,
    again: bool = False,
    is_known: bool = False,
) -> HttpResponse:
    """`is_known` says that the visit was one of ours: strangers get no line in the audit log (S-143)."""
    log.info("sign-in by %s refused: %s", upstream.slug, refusal.reason)
    if is_known:
        audit.record(
            "login.failed", request=request, actor="anonymous", subject=user, outcome="refused",
            factor=people.source(upstream), reason=refusal.reason,
        )  # fmt: skip
    back = to if to.startswith("/account/") and request.sso is not None and not again else ""
    context = {
        "refusal": refusal,
        "upstream": upstream,
        "reference": origin(request).request_id,
        "back": back or logins.url(to, reauthenticate=again),
        "is_sign_in": not back,
    }
    return render(request, "idp/upstream_refused.html", context, status=400)


def _undecided(request: Request, pk: UUID) -> UpstreamVisit | None:
    binding = browser(request)
    return visits.undecided(pk, binding, now=timezone.now()) if binding else None


def _too_late(request: Request) -> HttpResponse:
    refusal = Expired("nothing to decide")
    return refused(request, refusal, Upstream(name=_("the other site")), "")


@require_http_methods(["GET", "HEAD", "POST"])
def first_time(request: Request, pk: UUID) -> HttpResponse:
    """Nobody here is known by this account: whoever has one here proves that first, whoever is new may say so.

    It looks the same whether or not an address that the other site named is known here (S-101).
    """
    visit = _undecided(request, pk)
    if visit is None or visit.purpose == UpstreamVisit.Purpose.LINK:
        return _too_late(request)
    proof = Proof.from_json(visit.proven)
    if request.method == "POST" and "create" in request.POST and visit.upstream.may_create:
        return _create(request, visit, proof)
    context = {
        "upstream": visit.upstream,
        "label": proof.label,
        "link_url": f"{LINK_PAGE}{visit.pk}",
        "may_create": visit.upstream.may_create,
        "back": logins.url(visit.next_path),
    }
    return page(request, "idp/first_time.html", context, going_to=visit.next_path)


def _create(request: Request, visit: UpstreamVisit, proof: Proof) -> HttpResponse:
    now = timezone.now()
    try:
        user = people.newcomer(visit.upstream, proof, request=request, now=now)
        return arrival.sign_in(request, visit, user, proof, now=now)
    except UpstreamRefused as refusal:
        return refused(request, refusal, visit.upstream, visit.next_path, is_known=True)


@fresh_login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: Request, pk: UUID) -> HttpResponse:
    """The account here is proved by now; which is linked to which is shown, and a form of ours says yes."""
    visit, now = _undecided(request, pk), timezone.now()
    if visit is None:
        return _too_late(request)
    proof = Proof.from_json(visit.proven)
    if visit.user is not None and visit.user != request.person:
        return refused(request, SomebodyElse("began as another person"), visit.upstream, "")
    if request.method != "POST":
        context = {"upstream": visit.upstream, "label": proof.label, "person": request.person}
        return page(request, "idp/connect.html", context, going_to=visit.next_path)
    if not visits.decide(visit):
        return _too_late(request)
    if "connect" not in request.POST:
        return SeeOther(reverse("accounts:security"))
    try:
        people.link(visit.upstream, request.person, proof, request=request, now=now)
    except UpstreamRefused as refusal:
        return refused(request, refusal, visit.upstream, reverse("accounts:security"), is_known=True)
    messages.success(
        request, _("%(name)s is linked. You can sign in with it from now on.") % {"name": visit.upstream}
    )
    return SeeOther(visit.next_path)
