"""/login/with/<slug> and its callback: a person goes to another provider and comes back (OIDC Core section 3.1)."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import cookies
from accounts.destinations import destination
from accounts.fresh import fresh_login_required
from accounts.middleware import Request
from accounts.models import User
from accounts.origin import origin
from accounts.secrets import new_token
from accounts.sequence import MFA
from accounts.views.going_on import SeeOther, needs, next_path
from idp.authorization import keeping
from idp.endpoints.upstream_pages import BINDING, LINK_PAGE, browser, going_on, refused
from idp.models import Upstream, UpstreamVisit
from idp.protocol.errors import OAuthError
from idp.protocol.params import Params
from idp.upstream import arrival, buttons, exchange, metadata, people, presets, visits
from idp.upstream.proof import Proof, with_apples_names
from idp.upstream.proof import of as prove
from idp.upstream.refusals import Declined, Expired, SomebodyElse, UpstreamRefused

Purpose = UpstreamVisit.Purpose
MAX_VALUE = 1500  # of what is posted to us and goes on in an address, whose whole length is bounded (S-014)
_POSTED = ("state", "code", "iss", "error", "user")
_DECLINED = ("access_denied", "user_cancelled_authorize", "login_required", "consent_required")


@require_http_methods(["GET", "HEAD"])
def start(request: Request, slug: str) -> HttpResponse:
    """To the provider. Whoever is sent here by another site signs in as themselves, and nothing is lost by that."""
    upstream, to = _open(slug), next_path(request)
    again = request.sso is not None and request.GET.get("again") == "1"
    going_to = destination(to)
    return _depart(
        request,
        upstream,
        to,
        purpose=Purpose.CONFIRM if again else Purpose.SIGN_IN,
        user=request.person if again else None,
        needs=needs(request),
        max_age=0 if again else going_to.max_age if going_to else None,
        hint=going_to.login_hint if going_to else "",
    )


@fresh_login_required
@require_http_methods(["GET", "HEAD"])
def link(request: Request, slug: str) -> HttpResponse:
    """The same for somebody signed in who adds an account; a page asks before anything is linked."""
    if request.sso is not None and request.sso.impersonated_by:
        raise PermissionDenied("Only the person can link an account of theirs.")
    return _depart(request, _open(slug), "/account/security", purpose=Purpose.LINK, user=request.person)


def _depart(
    request: Request,
    upstream: Upstream,
    to: str,
    *,
    purpose: Purpose,
    user: User | None,
    needs: frozenset[str] | set[str] = frozenset(),
    max_age: int | None = None,
    hint: str = "",
) -> HttpResponse:
    now, binding = timezone.now(), browser(request) or new_token()
    try:
        if request.sso is None and keeping.wait(origin(request).address, now):
            raise UpstreamRefused(
                "too many were begun from this block of addresses",
                _("Too many sign-ins were begun from here just now. Wait a minute, then try again."),
            )
        found = metadata.of(upstream, now)
    except UpstreamRefused as refusal:
        return refused(request, refusal, upstream, to, again=purpose == Purpose.CONFIRM)
    state = visits.begin(
        upstream, binding, to, purpose=purpose, user=user, needs=needs, max_age=max_age, now=now
    )
    url = exchange.authorization_url(
        upstream,
        found,
        redirect_uri=buttons.redirect_uri(upstream),
        state=state,
        nonce=visits.nonce(state),
        verifier=visits.verifier(state),
        parameters=_wishes(upstream, purpose, needs, max_age, hint),
    )
    response = SeeOther(url)
    cookies.put(response, BINDING, binding, int(visits.LIFETIME.total_seconds()) * 2)
    return response


def _wishes(
    upstream: Upstream, purpose: Purpose, needs: frozenset[str] | set[str], max_age: int | None, hint: str
) -> dict[str, str]:
    """What the app, or we, want of the sign-in there."""
    kind, wishes = presets.kind(upstream), {}
    if max_age is not None and kind.is_oidc:
        wishes["max_age"] = str(max_age)
    if max_age == 0 and kind.knows_login:
        wishes["prompt"] = "login"
    elif purpose == Purpose.LINK and kind.knows_choice:
        wishes["prompt"] = "select_account"
    if needs & MFA and upstream.trusted_acr:
        wishes["acr_values"] = " ".join(upstream.trusted_acr)
    if hint:
        wishes["login_hint"] = hint
    return wishes


@require_http_methods(["GET", "POST"])
def callback(request: Request, slug: str) -> HttpResponse:
    upstream, now = _open(slug), timezone.now()
    try:
        params = Params.sent(request).check()
    except OAuthError as error:
        return refused(request, UpstreamRefused(error.description), upstream, "")
    if request.method == "POST":
        return _posted(request, params)
    visit = visits.answered(upstream, browser(request), params.values.get("state", ""), now=now)
    if visit is None:
        return refused(request, Expired("no such visit of this browser"), upstream, "")
    try:
        return going_on(request, _answered(request, upstream, visit, params, now=now))
    except UpstreamRefused as refusal:
        again = visit.purpose == Purpose.CONFIRM
        return refused(
            request, refusal, upstream, visit.next_path, user=visit.user, again=again, is_known=True
        )


def _open(slug: str) -> Upstream:
    return get_object_or_404(Upstream, slug=slug, enabled=True)


def _posted(request: Request, params: Params) -> HttpResponse:
    """A form from another site comes without our cookies (SameSite=Lax), so the browser is sent here once more."""
    values = {
        name: params.values[name]
        for name in _POSTED
        if len(params.values.get(name, "")) in range(1, MAX_VALUE)
    }
    return going_on(request, SeeOther(f"{request.path}?{urlencode(values)}"))


def _answered(
    request: Request, upstream: Upstream, visit: UpstreamVisit, params: Params, *, now: datetime
) -> HttpResponse:
    """Raises UpstreamRefused."""
    named = params.values.get("iss", "")
    if named and not presets.fits(upstream, named):
        raise UpstreamRefused("iss of the answer is another's")  # RFC 9207 section 2.4
    found = metadata.of(upstream, now)
    if found.says_iss and not named:
        raise UpstreamRefused("the answer lacks iss")
    if error := params.values.get("error", ""):
        kind = Declined if error in _DECLINED else UpstreamRefused
        raise kind(f"error {error[:60]!r}")
    code, state = params.values.get("code", ""), params.values["state"]
    if not code:
        raise UpstreamRefused("no code")
    tokens = exchange.redeem(
        upstream,
        found,
        code,
        redirect_uri=buttons.redirect_uri(upstream),
        verifier=visits.verifier(state),
        now=now,
    )
    proof = prove(upstream, found, tokens, nonce=visits.nonce(state), now=now)
    if upstream.preset == Upstream.Preset.APPLE and not proof.names:
        proof = with_apples_names(proof, params.values.get("user", ""))
    return _proven(request, upstream, visit, proof, now=now)


def _proven(
    request: Request, upstream: Upstream, visit: UpstreamVisit, proof: Proof, *, now: datetime
) -> HttpResponse:
    if visit.purpose == Purpose.LINK:
        visits.keep(visit, proof.as_json(), now=now)
        return SeeOther(f"{LINK_PAGE}{visit.pk}")
    if visit.purpose == Purpose.CONFIRM:
        user: User | None = _the_same(visit, people.identified(proof, now=now))
    else:
        user = people.arrive(upstream, proof, request=request, now=now)
    if user is None:
        visits.keep(visit, proof.as_json(), now=now)
        return SeeOther(f"/login/first-time/{visit.pk}")
    return arrival.sign_in(request, visit, user, proof, now=now)


def _the_same(visit: UpstreamVisit, user: User | None) -> User:
    if user is None or user.pk != visit.user_id:
        raise SomebodyElse("not the person who is signed in")
    return user
