"""The provider over HTTP on this machine: its endpoints, and a page on which a person sees and judges each case."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.template.loader import render_to_string

from idp.hostile import cases
from idp.hostile.provider import Answer, Provider
from idp.hostile.scoring import Outcome, Report, Verdict
from idp.local_server import ADDRESS, on_this_machine

MAX_BODY = 64 * 1024
_PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
}
_STYLE = (__file__.rpartition("/")[0]) + "/hostile.css"


class Application:
    """WSGI. Only who asks for our own address is answered, so that no page of elsewhere reads or presses anything."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.marks: dict[str, Verdict] = {}
        self.host = urlsplit(provider.issuer).netloc

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._answer(environ)
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start_response(status, [*answer.headers.items(), ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        if environ.get("HTTP_HOST") != self.host:
            return Answer(400, b"This address is not served here.")
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
        length = min(int(environ.get("CONTENT_LENGTH") or 0), MAX_BODY)
        body = environ["wsgi.input"].read(length).decode("utf-8", "replace") if length else ""
        if path == "/" and method == "GET":
            return self._page()
        if path == "/" and method == "POST":
            return self._press(body, environ.get("HTTP_ORIGIN", ""), environ.get("HTTP_SEC_FETCH_SITE", ""))
        if path == "/report.json":
            return Answer(
                200, json.dumps(self.report().as_json()).encode(), {"Content-Type": "application/json"}
            )
        if path == "/hostile.css":
            with open(_STYLE, "rb") as file:
                return Answer(200, file.read(), {"Content-Type": "text/css"})
        return self.provider.answer(
            method, path, environ.get("QUERY_STRING", ""), body, environ.get("HTTP_AUTHORIZATION", "")
        )

    def report(self) -> Report:
        """By the word of the person who watches; userinfo that was asked for is only a hint."""
        return Report(
            tuple(
                Outcome(case, self.marks.get(case.id, Verdict.NOT_TRIED), self._hint(case))
                for case in cases.sign_ins()
            )
        )

    def _hint(self, case: cases.Case) -> str:
        run = self.provider.run_of(case)
        if run is None or case.id in self.marks:
            return ""
        steps = ("went on to ask userinfo", "redeemed the code", "was sent the answer")
        return "the app " + steps[0 if run.userinfo else 1 if run.redeemed else 2]

    def _page(self) -> Answer:
        report = self.report()
        context = {
            "issuer": self.provider.issuer,
            "report": report,
            "current": self.provider.current,
            "position": self.provider.position,
        }
        return Answer(200, render_to_string("hostile/page.html", context).encode(), dict(_PAGE))

    def _press(self, body: str, origin: str, site: str) -> Answer:
        form = dict(parse_qsl(body))
        if origin not in ("", "null", self.provider.issuer) or site not in ("", "same-origin"):
            return Answer(403, b"Not from here.")
        known = [case.id for case in cases.sign_ins()]
        if form.get("case") not in known or form.get("do") not in ("let in", "refused", "next"):
            return Answer(400, b"Expected a case, and what the app did.")
        if form["do"] == "next":
            self.provider.go_to(known.index(form["case"]))
        else:
            self.marks[form["case"]] = Verdict(form["do"])
        return Answer(303, headers={"Location": "/"})


@contextmanager
def serving(port: int) -> Iterator[Application]:
    """A hostile provider on `port` of this machine (0: any that is free), while the block runs."""
    server = on_this_machine(port, _refusing)
    application = Application(Provider(f"http://{ADDRESS}:{server.server_port}"))
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield application
    finally:
        server.shutdown()
        server.server_close()


def _refusing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [])
    return [b""]
