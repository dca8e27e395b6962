"""Just enough of a browser: finds the form with a password field on a page and fills it in."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from bench.wire import BenchError


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    user_field: str = ""
    password_field: str = ""

    def filled(self, username: str, password: str) -> dict[str, str]:
        return {**self.fields, self.user_field: username, self.password_field: password}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif tag == "input" and self.forms and values.get("name"):
            self._field(self.forms[-1], values)

    @staticmethod
    def _field(form: Form, values: dict[str, str]) -> None:
        name, kind = values["name"], values.get("type", "text")
        if kind == "hidden":
            form.fields[name] = values.get("value", "")
        elif kind == "password":
            form.password_field = name
        elif kind in ("text", "email") and not form.user_field:
            form.user_field = name


def login_form(page: bytes) -> Form:
    parser = _Forms()
    parser.feed(page.decode())
    for form in parser.forms:
        if form.user_field and form.password_field:
            return form
    raise BenchError(f"no login form on the page: {page[:300]!r}")
