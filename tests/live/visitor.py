"""A person with a browser, without the browser: follows redirects, fills in the login form, consents.

Knows of our pages only what a password manager knows: fields named `username` and `password`, and the consent
form's button `decision=allow`.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from tests.live.server import Person

MAX_STEPS = 20


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").lower()))
        if not self.forms or "name" not in values:
            return
        name, value = values["name"], values.get("value", "")
        if tag == "button" or values.get("type") == "submit":
            self.forms[-1].buttons.setdefault(name, []).append(value)
        elif tag == "input" and (values.get("type") not in ("checkbox", "radio") or "checked" in values):
            self.forms[-1].fields[name] = value


def forms(page: requests.Response) -> list[Form]:
    parser = _Forms()
    parser.feed(page.text)
    for form in parser.forms:
        form.action = urljoin(page.url, form.action or page.url)
    return parser.forms


@dataclass(frozen=True)
class Arrival:
    """Where the visitor left the provider: at the app's redirect URI, by GET or (form_post) by POST."""

    url: str
    parameters: dict[str, str]
    mode: str = "query"  # or fragment, or form_post


class Visitor:
    """One browser's worth of cookies, in the hands of one person."""

    def __init__(self, person: Person, *, verify: str | bool = True) -> None:
        self.person = person
        self.session = requests.Session()
        self.session.trust_env = False  # or REQUESTS_CA_BUNDLE would win over the next line
        self.session.verify = verify  # of a provider on https, whose certificate is a test's own
        self.pages: list[str] = []  # every address at which a page was shown

    def authorize(self, url: str, redirect_uri: str, *, decision: str = "allow") -> Arrival:
        """Opens an authorization request, does what the pages ask, and stops at the door of the app."""
        return self._go_on(self._send("GET", url), redirect_uri, decision)

    def post(self, url: str, data: dict[str, str], redirect_uri: str) -> Arrival:
        """The same for a form on the app's own page, of another site."""
        return self._go_on(
            self.session.post(url, data, allow_redirects=False, timeout=30), redirect_uri, "allow"
        )

    def _go_on(self, answer: requests.Response, redirect_uri: str, decision: str) -> Arrival:
        for _ in range(MAX_STEPS):
            if answer.is_redirect:
                target = urljoin(answer.url, answer.headers["Location"])
                if _is_at(target, redirect_uri):
                    return _arrival(target)
                answer = self._send("GET", target)
                continue
            self.pages.append(urlsplit(answer.url).path)
            form = self._form_to_send(answer, redirect_uri, decision)
            if _is_at(form.action, redirect_uri):
                assert form.method == "post"
                return Arrival(form.action, form.fields, "form_post")
            answer = self._send("POST", form.action, form.fields)
        raise AssertionError(f"still with the provider after {MAX_STEPS} steps, at {answer.url}")

    def _form_to_send(self, page: requests.Response, redirect_uri: str, decision: str) -> Form:
        assert page.status_code == 200, f"{page.status_code} at {page.url}:\n{page.text[-3000:]}"
        for form in forms(page):
            if "password" in form.fields:  # and no name, where somebody signed in confirms that it is them
                known = {"username": self.person.username, "password": self.person.password}
                form.fields |= {name: value for name, value in known.items() if name in form.fields}
                return form
            if decision in form.buttons.get("decision", []):
                form.fields["decision"] = decision
                return form
            if _is_at(form.action, redirect_uri) or form.fields.get("user_code"):
                return form
        raise AssertionError(f"nothing to do on {page.url}:\n{page.text[-3000:]}")

    def _send(self, method: str, url: str, data: dict[str, str] | None = None) -> requests.Response:
        # What Chromium sends from a page with `Referrer-Policy: no-referrer`.
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"} if method == "POST" else {}
        return self.session.request(
            method, url, data=data, headers=headers, allow_redirects=False, timeout=30
        )


def _arrival(target: str) -> Arrival:
    parts = urlsplit(target)
    mode = "fragment" if parts.fragment else "query"
    return Arrival(target, dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True)), mode)


def _is_at(url: str, redirect_uri: str) -> bool:
    return url.split("?")[0].split("#")[0] == redirect_uri.split("?")[0]
