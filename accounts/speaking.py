"""In which language a page is: the app's wish, the person's, the browser's, ours (decision 39).

Pages for people are; Django admin, the pages for developers and what programs read stay English.
"""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts import cookies
from accounts.language import match, spoken, tag
from accounts.middleware import Request

CHOSEN = f"{settings.SESSION_COOKIE_NAME}_language"
ASKED = f"{settings.SESSION_COOKIE_NAME}_ui_locales"  # by an app, for the pages of one sign-in
_ASKED_SECONDS, _CHOSEN_SECONDS = 15 * 60, 400 * 24 * 3600
_ENGLISH = ("developers", "playground", "learn", "keys", "docs", "scim", "static", ".well-known", "hostile")
_WORDLESS = ("pictures", "oauth2/check-session")  # and the frame for scripts looks nobody up
# Mostly answered by a redirect to the app, for which no catalog is worth loading: its pages call `speak` themselves.
_SELDOM_A_PAGE = "oauth2/authorize"


class Speaking:
    """Stands after `Sessions`, for what a person chose is theirs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        path = request.path_info.removeprefix("/")
        if _is_under(path, *_ENGLISH, *_WORDLESS, *filter(None, [settings.ADMIN_PATH])):
            return self.get_response(request)
        before = spoken.set("")
        try:
            if not _is_under(path, _SELDOM_A_PAGE):
                speak(request)
            response = self.get_response(request)
            if spoken.get() and response.get("Content-Type", "").startswith("text/html"):
                response.headers.setdefault("Content-Language", tag(spoken.get()))
                patch_vary_headers(response, ("Accept-Language", "Cookie"))
        finally:  # the thread goes on to answer others
            translation.deactivate()
            spoken.reset(before)
        _write_cookie(request, response)
        return response


def _is_under(path: str, *prefixes: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


def speak(request: Request, ui_locales: str = "") -> None:
    """From here on the page is in the language that comes first for it."""
    chosen = match(ui_locales.split()) or next(_wishes(request), settings.DEFAULT_LANGUAGE)
    translation.activate(chosen)
    spoken.set(chosen)


def _wishes(request: Request) -> Iterator[str]:
    """The first that there is counts; a person is looked up only where no app asked."""
    yield from filter(None, [match(request.COOKIES.get(ASKED, "").split())])
    yield from filter(None, [_persons(request)])
    yield from filter(None, [match([request.COOKIES.get(CHOSEN, "")])])
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    yield from filter(None, [match(language for language, quality in accepted if quality)])


def _persons(request: Request) -> str:
    try:
        session = request.sso if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    except (InterfaceError, OperationalError):  # the view meets it too, where idp.middleware.Outage answers
        return ""
    return match([session.user.locale]) if session is not None else ""


def ask(request: Request, ui_locales: str) -> None:
    """What an app wants for this sign-in (OIDC Core section 3.1.2.1); "" forgets what another one wanted."""
    asked = match(ui_locales.split())
    if asked and spoken.get():
        speak(request, ui_locales)
    if asked != request.COOKIES.get(ASKED, ""):
        request.ui_locales_cookie = asked


def choose(response: HttpResponse, language: str) -> None:
    """By the person, for this browser: it ends an app's wish, or nothing would be seen to change."""
    cookies.put(response, CHOSEN, match([language]), _CHOSEN_SECONDS)
    cookies.put(response, ASKED, "", 0)


def _write_cookie(request: Request, response: HttpResponse) -> None:
    if request.ui_locales_cookie is not None:
        cookies.put(response, ASKED, request.ui_locales_cookie, _ASKED_SECONDS)


def names(request: HttpRequest) -> dict[str, str]:
    """Context processor: `spoken_name`, the page's language in itself; nothing where pages are English only."""
    return {"spoken_name": dict(settings.LANGUAGES)[spoken.get()]} if spoken.get() else {}
