"""Signs in at an app over HTTP, once a case and each time as a new browser, and looks whether it let us in.

Only this machine is visited: whatever an app answers, no request leaves it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from idp.environment import is_loopback
from idp.hostile import cases
from idp.hostile.cases import Case
from idp.hostile.provider import Provider
from idp.hostile.scoring import Outcome, Report, Verdict

STEPS = 20
SECONDS = 10


class CannotDrive(Exception):
    """The app can't be tried this way; the words say why."""


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str


@dataclass(frozen=True)
class Sign:
    """How a page shows that somebody is signed in: text=Hello, no-text=Sign in, path=/home or status=200."""

    kind: str
    value: str

    @classmethod
    def read(cls, text: str) -> "Sign":
        kind, _, value = text.partition("=")
        if kind not in ("text", "no-text", "path", "status") or not value:
            raise CannotDrive("Expected text=…, no-text=…, path=/… or status=…")
        return cls(kind, value)

    def is_on(self, page: Page) -> bool:
        if self.kind == "status":
            return str(page.status) == self.value
        if page.status >= 400:
            return False
        if self.kind == "path":
            return urlsplit(page.url).path == self.value
        return (self.value in page.text) == (self.kind == "text")


@dataclass(frozen=True)
class App:
    """Where an app's sign-in begins, how it shows success and where, and where it hears of sign-outs."""

    start: str
    sign: Sign
    look_at: str = ""  # empty: at the page where the sign-in ended
    logout_uri: str = ""

    def __post_init__(self) -> None:
        for url in filter(None, (self.start, self.look_at, self.logout_uri)):
            check_local(url)


def check_local(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https") or not is_loopback(url):
        raise CannotDrive(f"{url} is not an address of this machine.")


class Browser:
    """One browser's cookies."""

    def __init__(self) -> None:
        import requests  # only this command needs it

        self.failure: type[Exception] = requests.RequestException
        self.session = requests.Session()
        self.session.trust_env = False

    def open(self, url: str) -> Page:
        """Follows redirects as long as they stay on this machine."""
        for _ in range(STEPS):
            check_local(url)
            try:
                answer = self.session.get(url, allow_redirects=False, timeout=SECONDS)
            except self.failure as error:
                raise CannotDrive(f"{url} does not answer: {type(error).__name__}.") from error
            if not answer.is_redirect:
                return Page(url, answer.status_code, answer.text)
            url = urljoin(url, answer.headers["Location"])
        raise CannotDrive(f"{url}: more than {STEPS} redirects.")

    def post(self, url: str, data: dict[str, str]) -> int:
        check_local(url)
        try:
            return int(self.session.post(url, data, allow_redirects=False, timeout=SECONDS).status_code)
        except self.failure as error:
            raise CannotDrive(f"{url} does not answer: {type(error).__name__}.") from error

    def close(self) -> None:
        self.session.close()


def drive(app: App, provider: Provider, only: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """One outcome a case, as they come. Raises CannotDrive."""
    _check_sign(app)
    for case in cases.sign_ins():
        if not only or case.id in only or case.id == "honest":
            yield _sign_in(app, provider, case)
    if app.logout_uri:
        yield from _logouts(app, provider, only)


def report(app: App, provider: Provider, only: tuple[str, ...] = ()) -> Report:
    return Report(tuple(drive(app, provider, only)))


def _check_sign(app: App) -> None:
    """A sign that is on for strangers too would call every refusal a success."""
    if app.look_at:
        browser = Browser()
        if app.sign.is_on(browser.open(app.look_at)):
            raise CannotDrive(
                "The sign is there before anybody signed in. Choose one that only who is in sees."
            )
        browser.close()


def _sign_in(app: App, provider: Provider, case: Case) -> Outcome:
    browser = Browser()
    try:
        is_in, page = _entered(app, provider, case, browser)
    finally:
        browser.close()
    run = provider.run_of(case)
    if run is None:
        raise CannotDrive(
            f"{app.start} did not lead to {provider.issuer}/authorize: is the app set to this issuer?"
        )
    if case.hop == "userinfo" and not run.userinfo:
        return Outcome(case, Verdict.NOT_TRIED, "it did not ask for userinfo")
    note = f"with status {page.status}" if not is_in and page.status >= 500 else ""
    return Outcome(case, Verdict.LET_IN if is_in else Verdict.REFUSED, note)


def _entered(app: App, provider: Provider, case: Case, browser: Browser) -> tuple[bool, Page]:
    provider.last.pop(case.id, None)
    provider.hold(case)
    page = browser.open(app.start)
    shown = browser.open(app.look_at) if app.look_at else page
    return app.sign.is_on(shown), page


def _logouts(app: App, provider: Provider, only: tuple[str, ...]) -> Iterator[Outcome]:
    """In one session, which every forgery has to leave alone; the honest token comes last but one, and ends it."""
    browser, honest = Browser(), cases.table()[0]
    is_in, _ = _entered(app, provider, honest, browser)
    run, taken = provider.run_of(honest), ""
    if not is_in or run is None:
        raise CannotDrive("The app did not let the honest sign-in in, so there is no session to end.")
    for case in cases.logouts():
        if only and case.id not in only and case.id != "logout-honest":
            continue
        if app.look_at and case.strength == "must" and not app.sign.is_on(browser.open(app.look_at)):
            browser.close()  # a forgery ended the session: the next case needs another
            browser = Browser()
            _entered(app, provider, honest, browser)
            run = provider.run_of(honest) or run
        token = taken if case.id == "logout-again" else provider.logout_token(case, run)
        taken = token if case.expect == "accept" else taken
        yield _logout(app, case, token, browser)
    browser.close()


def _logout(app: App, case: Case, token: str, browser: Browser) -> Outcome:
    """The app's server is told by another way than the browser's, so without its cookies."""
    other = Browser()
    status = other.post(app.logout_uri, {"logout_token": token})
    other.close()
    note = f"answered {status}"
    if app.look_at and case.id != "logout-again":
        still_in = app.sign.is_on(browser.open(app.look_at))
        took = not still_in
        note += ", the session lives" if still_in else ", the session is over"
    else:
        took = status < 300
    if case.expect == "refuse" and status < 300:
        took = True
    return Outcome(case, Verdict.LET_IN if took else Verdict.REFUSED, note)
