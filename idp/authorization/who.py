"""Who answers an authorization request, where several people are signed in in one browser (OIDC Core 3.1.2.1).

The browser's current person does, unless the app names another one who is signed in here: by id_token_hint, by `sub`
in the claims parameter, or by login_hint. Whom a page is shown to becomes the current one by that; in silence
(prompt=none) they answer, and the browser's current person stays who it was.
"""

from datetime import datetime

from accounts import beside, chooser, sessions
from accounts.middleware import Request
from accounts.models import Session, User
from idp import claims
from idp.authorization import saved
from idp.authorization.request import AuthorizationRequest
from idp.models import SavedRequest


def answers(
    request: Request, asked: AuthorizationRequest, waiting: SavedRequest | None, *, now: datetime
) -> Session | None:
    """The session that this request is about. Another one than the current is looked for only where one is named."""
    current = request.sso
    if not beside.tokens(request) or not _names_somebody(asked):
        return current
    if current is not None and _will_do(current, asked, waiting):
        return current
    found = chooser.named(request, lambda user: _is_named(user, asked), now=now)
    if found is None:
        return current
    if not asked.silent:
        return chooser.choose(request, found, now=now)
    sessions.touch(found.session, now)
    return found.session


def has_choice(request: Request, asked: AuthorizationRequest, *, now: datetime) -> bool:
    """Whether somebody who would do is signed in here, of whom none is the current person."""
    if _is_proven(asked) or not beside.tokens(request):
        return False
    return bool(chooser.remaining(request, now=now))


def _will_do(current: Session, asked: AuthorizationRequest, waiting: SavedRequest | None) -> bool:
    """Whom the person chose for this request stays, whomever login_hint guessed; a proven name goes on counting."""
    if current.impersonated_by or _is_named(current.user, asked):
        return True
    return not _is_proven(asked) and saved.has_chosen(waiting, current)


def _is_proven(asked: AuthorizationRequest) -> bool:
    return bool(asked.hinted_subject) or asked.claims.subjects is not None


def _names_somebody(asked: AuthorizationRequest) -> bool:
    """With select_account the person is asked whatever is named; whom they choose is judged afterwards."""
    if "select_account" in asked.prompt:
        return False
    return _is_proven(asked) or bool(asked.login_hint)


def _is_named(user: User, asked: AuthorizationRequest) -> bool:
    """A proven name counts before one that was typed: login_hint decides only where nothing else names anybody."""
    if not _is_proven(asked):
        return chooser.is_called(user, asked.login_hint)
    subject, subjects = claims.subject(user, asked.client), asked.claims.subjects
    return asked.hinted_subject in ("", subject) and (subjects is None or subject in subjects)
