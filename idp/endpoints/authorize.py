"""/oauth2/authorize: who asks, who is here, what is missing, then a code (RFC 6749 section 3.1, OIDC Core 3.1.2)."""

from datetime import datetime

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from accounts import audit, beside, login, speaking
from accounts.factors.owned import owned
from accounts.middleware import Request
from accounts.models import Session
from accounts.sequence import METHODS
from idp import claims
from idp.authorization import consent, issue, keeping, pushed, saved, source, who
from idp.authorization.request import AuthorizationRequest, ReturnAddress, return_address, validate
from idp.authorization.response import respond, see_other
from idp.authorization.steps import Facts, Step, Wishes, next_step
from idp.clients import registry
from idp.conf import conf
from idp.endpoints.errors import error_page, expired_page
from idp.models import SavedRequest
from idp.protocol import levels
from idp.protocol.errors import InvalidRequestUri, OAuthError, UntrustedRequest
from idp.protocol.params import Params
from idp.traces import told
from idp.traces.leaving import leave


@csrf_exempt
@require_http_methods(["GET", "POST"])  # a HEAD would be answered, and nobody would read the answer
def authorize(request: Request) -> HttpResponse:
    now = timezone.now()
    try:
        sent = Params.sent(request)
    except OAuthError as refusal:
        return error_page(request, refusal)
    try:
        params = source.resolve(sent, now=now)
        address = return_address(params)
    except UntrustedRequest as refusal:
        speaking.speak(request, sent.values.get("ui_locales", ""))
        return error_page(request, refusal)
    except OAuthError as refusal:
        return refuse_unopened(request, sent, refusal, now=now)
    try:
        source.check(sent, address)
        asked = validate(params, address, now=now)
        if not asked.silent:  # which has no pages, and may come amid another app's sign-in
            speaking.ask(request, params.values.get("ui_locales", ""))
        if request.method == "POST":
            keeping.check_room(request, now)
            # From another site the session's cookie stays behind (SameSite=Lax); the GET that follows has it.
            return see_other(saved.path(saved.save(params, address, now=now)))
        return proceed(request, params, asked, None, now=now)
    except OAuthError as refusal:
        return refuse(request, address, refusal, now=now)


@require_GET
def resume(request: Request, request_id: str) -> HttpResponse:
    """A request that was saved while its person logged in or decided."""
    now = timezone.now()
    waiting = saved.find(request_id, now=now)
    if waiting is None:
        return expired_page(request)
    params = Params(waiting.params)
    try:
        address = return_address(params)
    except UntrustedRequest as refusal:  # the app was changed meanwhile
        return error_page(request, refusal)
    try:
        return proceed(request, params, validate(params, address, now=now), waiting, now=now)
    except OAuthError as refusal:
        return refuse(request, address, refusal, waiting, now=now)


def proceed(
    request: Request,
    params: Params,
    asked: AuthorizationRequest,
    waiting: SavedRequest | None,
    *,
    now: datetime,
) -> HttpResponse:
    """Answers the app, or sends the person to the one page that is missing. Raises OAuthError for the app."""
    session = who.answers(request, asked, waiting, now=now)
    wishes = wishes_of(asked, waiting.created_at if waiting else now)
    known = (
        facts(session, asked, waiting) if session else Facts(choice=who.has_choice(request, asked, now=now))
    )
    step = next_step(wishes, known, now=now)
    if step is Step.GRANT and session is not None:
        if not (saved.use_up(waiting) and pushed.use_up(asked.address)):  # answered meanwhile, in another tab
            return expired_page(request)
        return respond(request, asked.address, issue.answer(request, asked, session, now=now), now=now)
    if waiting is None:
        keeping.check_room(request, now)
        waiting = saved.save(params, asked.address, now=now)
    return HttpResponseRedirect(page_of(step, waiting, request, asked), status=303)


def wishes_of(asked: AuthorizationRequest, asked_at: datetime) -> Wishes:
    """An essential acr without a value asks for any level that there is (OIDC Core section 5.5.1)."""
    essential = (
        (asked.claims.acr_values or tuple(conf().acr_ladder)) if asked.claims.acr_is_essential else None
    )
    return Wishes(
        asked.prompt,
        asked.max_age,
        asked.hinted_subject,
        asked_at,
        subjects=asked.claims.subjects,
        acr_values=essential,
        required=asked.client.required_levels,
        preferred=() if essential else asked.acr_values,
    )


def facts(session: Session, asked: AuthorizationRequest, waiting: SavedRequest | None) -> Facts:
    user, client, ladder = session.user, asked.client, conf().acr_ladder
    reached = levels.reached(session.amr, ladder)
    wanted = (asked.acr_values, asked.client.required_levels)
    is_enough = all(not names or set(names) & set(reached) for names in wanted)
    return Facts(
        subject=claims.subject(user, client),
        auth_time=session.auth_time,
        levels=reached,
        # Looked up only where a level is wanted that the session has not reached.
        reachable=reached if is_enough else levels.reached(_could_prove(session), ladder),
        stepped_up_at=session.stepped_up_at,
        chosen=saved.has_chosen(waiting, session),
        may_use=not session.impersonated_by
        and registry.may_use(client, user),  # who only looks, reaches no app
        remembered=consent.remembered(user, client, asked.scope, asked.beyond),
        consented_now=saved.has_consented(waiting, session, asked.scope, asked.beyond),
    )


def _could_prove(session: Session) -> set[str]:
    return {*session.amr, *owned(session.user).attainable}


def _needs(asked: AuthorizationRequest, session: Session | None) -> frozenset[str]:
    """The methods that the login page is told to ask for. A mere wish is for what the person can give."""
    essential = asked.acr_values if asked.claims.acr_is_essential else ()
    required, ladder = asked.client.required_levels or (), conf().acr_ladder
    if session is None:
        return levels.needed((), required or essential, METHODS, ladder)
    could = owned(session.user).attainable
    demanded = [levels.needed(session.amr, names, could, ladder) for names in (required, essential) if names]
    wished = levels.needed(session.amr, asked.acr_values, could, ladder)
    if wished <= {*session.amr, *could}:
        demanded.append(wished)
    return frozenset().union(*demanded)


def page_of(step: Step, waiting: SavedRequest, request: Request, asked: AuthorizationRequest) -> str:
    if step is Step.CONSENT:
        return f"/oauth2/consent/{waiting.pk}"
    if step is Step.CHOOSE_ACCOUNT:
        return f"/oauth2/select-account/{waiting.pk}"
    return login.url(
        saved.path(waiting),
        create=step is Step.CREATE_ACCOUNT,
        reauthenticate=step is Step.REAUTHENTICATE,
        # Whoever is here is not who is wanted: no way on with them is offered.
        switch=step is Step.LOGIN and (request.sso is not None or bool(beside.tokens(request))),
        needs=_needs(asked, None if step is Step.LOGIN else request.sso),
    )


def refuse_unopened(request: Request, sent: Params, refusal: OAuthError, *, now: datetime) -> HttpResponse:
    """For a request object or request_uri that is not good: to the app, if it said outside where that is."""
    try:
        address = return_address(Params({**sent.values, "request_uri": ""}, sent.repeated))
    except UntrustedRequest:
        gone = isinstance(refusal, InvalidRequestUri)
        return expired_page(request, refusal) if gone else error_page(request, refusal)
    return refuse(request, address, refusal, now=now)


def refuse(
    request: Request,
    address: ReturnAddress,
    refusal: OAuthError,
    waiting: SavedRequest | None = None,
    *,
    now: datetime,
) -> HttpResponse:
    """The error to the app (RFC 6749 section 4.1.2.1), and to our audit log when a person was turned away."""
    if refusal.check == "groups":
        refusal.tell(expected=[group.name for group in address.client.groups.all()])
    leave(request, refusal, "authorize", client_id=address.client.client_id)
    if refusal.code == "access_denied":
        audit.record(
            "authorization.refused", request=request, client_id=address.client.client_id, outcome="refused",
            error=refusal.code, reason=refusal.reason,
        )  # fmt: skip
    pushed.use_up(address)
    saved.use_up(waiting)
    return respond(request, address, told.members(refusal), now=now)
