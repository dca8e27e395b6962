"""A person with a new browser: follows redirects, fills in the login form, consents; stops where Signet is left.

Knows of Signet's pages what a password manager knows: fields `username` and `password`, and the button `decision`.
"""

from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

STEPS = 20


class Lost(AssertionError):
    """Signet showed something that a person would not know what to do with."""


class Form:
    def __init__(self, action: str, method: str) -> None:
        self.action, self.method = action, method.lower() or "get"
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, list[str]] = {}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "")))
        if not self.forms or "name" not in values:
            return
        name, value = values["name"], values.get("value", "")
        if tag == "button" or values.get("type") == "submit":
            self.forms[-1].buttons.setdefault(name, []).append(value)
        elif tag == "input" and (values.get("type") not in ("checkbox", "radio") or "checked" in values):
            self.forms[-1].fields[name] = value


class Visitor:
    def __init__(self, issuer: str, username: str, password: str) -> None:
        self.issuer, self.username, self.password = issuer, username, password
        self.cookies: dict[str, str] = {}

    def go(self, url: str, decision: str) -> str:
        """The address outside Signet where it ends; a form_post counts as the address with its fields."""
        body = ""
        for _ in range(STEPS):
            if not url.startswith(f"{self.issuer}/"):
                return url
            status, location, page = self._send(url, body)
            if location:
                url, body = urljoin(url, location), ""
                continue
            form = self._form(page, status, url, decision)
            url = urljoin(url, form.action or url)
            if not url.startswith(f"{self.issuer}/"):
                return f"{url}{'&' if '?' in url else '?'}{urlencode(form.fields)}"
            body = urlencode(form.fields)
        raise Lost(f"still at Signet after {STEPS} steps: {url}")

    def _form(self, page: str, status: int, url: str, decision: str) -> Form:
        parser = _Forms()
        parser.feed(page)
        for form in parser.forms if status == 200 else []:
            if "password" in form.fields:
                known = {"username": self.username, "password": self.password}
                form.fields |= {name: value for name, value in known.items() if name in form.fields}
                return form
            if decision in form.buttons.get("decision", []):
                form.fields["decision"] = decision
                return form
            if form.method == "post" and not urljoin(url, form.action).startswith(f"{self.issuer}/"):
                return form
        raise Lost(f"{status} at {url}: nothing to do there.\n{page[:2000]}")

    def _send(self, url: str, body: str) -> tuple[int, str, str]:
        parts = urlsplit(url)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
            headers |= {"Origin": self.issuer}
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            address = parts._replace(scheme="", netloc="", fragment="").geturl()
            connection.request("POST" if body else "GET", address, body or None, headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or []:
                self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(line).items()}
            location = answer.headers.get("Location", "") if 300 <= answer.status < 400 else ""
            return answer.status, location, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
