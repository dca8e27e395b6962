"""The installation as an app sees it: the public address is fetched, and what comes is compared with what should.

Nothing is fetched unless the operator names the address (`doctor --url`), for a node may be looked at before it serves.
"""

import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from django.conf import settings

from idp import probe
from idp.diagnosis.clock import apart
from idp.diagnosis.finding import Asked, Finding
from idp.diagnosis.looking import Seen, Unreachable, look
from idp.environment import is_loopback
from keys import jwks

ABOUT = "outside"
DISCOVERY, JWKS, READY, LOGIN = (
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/readyz",
    "/login",
)
TRIES = 3  # behind a balancer, so that more than one node is met
SPOOFED = "203.0.113.9"  # RFC 5737: nobody's address
RENEW_DAYS = 21
PROXY = "proxy_set_header X-Forwarded-For $remote_addr;"


@dataclass(frozen=True)
class View:
    """What was fetched, once for all that is compared."""

    url: str
    now: datetime
    discovery: Seen
    jwks: tuple[Seen, ...]
    ready: Seen
    login: Seen

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https:")


def check(asked: Asked) -> Iterator[Finding]:
    if not asked.url:
        return
    url = asked.url.rstrip("/")
    try:
        signed = {probe.HEADER: probe.sign(), "X-Forwarded-For": SPOOFED}
        view = View(
            url,
            asked.now,
            look(url, DISCOVERY),
            tuple(look(url, JWKS) for _ in range(TRIES)),
            look(url, READY, signed),
            look(url, LOGIN),
        )
    except Unreachable as refusal:
        yield Finding(
            "error",
            ABOUT,
            f"{url} can't be fetched: {refusal}.",
            "DNS, firewall, proxy and certificate lie between.",
        )
        return
    for compare in COMPARISONS:
        yield from compare(view)


def _issuer(view: View) -> Iterator[Finding]:
    if view.discovery.status == 400 and b"not served here" in view.discovery.body:
        yield Finding(
            "error",
            ABOUT,
            "The proxy does not pass on which host was asked for, so all is refused.",
            "proxy_set_header Host $host; or put the name into IDP_ALLOWED_HOSTS.",
        )
        return
    said = view.discovery.json()
    if view.discovery.status != 200 or not said:
        yield Finding(
            "error",
            ABOUT,
            f"Discovery answers {view.discovery.status}, and not as JSON: something else is at this address.",
            f"Pass all paths of {view.url} on to Signet.",
        )
        return
    if said.get("issuer") != settings.ISSUER:
        yield Finding(
            "error",
            ABOUT,
            f"The issuer there is {said.get('issuer')}, and here {settings.ISSUER}.",
            "IDP_ISSUER",
        )
    elif view.url != settings.ISSUER:
        yield Finding(
            "error",
            ABOUT,
            f"Apps that are told {view.url} find the issuer {settings.ISSUER} there, and refuse every token.",
            f"IDP_ISSUER={view.url}, or tell apps {settings.ISSUER}.",
        )


def _https(view: View) -> Iterator[Finding]:
    if not view.is_https:
        if not is_loopback(view.url):
            yield Finding(
                "error", ABOUT, "It is plain http: everybody on the way reads along.", "Put TLS in front."
            )
        return
    if "Strict-Transport-Security" not in view.login.headers:
        yield Finding(
            "warning", ABOUT, "The header Strict-Transport-Security is lost on the way.", "Let it pass."
        )
    if ends := view.login.certificate.get("notAfter"):
        days = (datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) - view.now).days
        if days < RENEW_DAYS:
            yield Finding(
                "warning", ABOUT, f"The certificate ends in {days} days.", "Look after whatever renews it."
            )
    yield from _http_beside(view)


def _http_beside(view: View) -> Iterator[Finding]:
    """Port 80 of the same name either leads to https or is shut."""
    parts = urlsplit(view.url)
    if parts.port not in (None, 443):
        return
    try:
        plain = look(f"http://{parts.hostname}", LOGIN)
    except Unreachable:
        return
    if not (300 <= plain.status < 400 and plain.headers.get("Location", "").startswith("https://")):
        yield Finding(
            "warning",
            ABOUT,
            "http on port 80 does not lead to https.",
            "return 301 https://$host$request_uri;",
        )


def _cookies(view: View) -> Iterator[Finding]:
    """As they are really sent (S-082)."""
    sent = view.login.headers.get_all("Set-Cookie") or []
    if not sent:
        yield Finding(
            "warning", ABOUT, f"{LOGIN} set no cookie: nobody could sign in.", "Let Set-Cookie pass."
        )
    for line in sent:
        yield from _cookie(line, view)


def _cookie(line: str, view: View) -> Iterator[Finding]:
    try:
        [(name, cookie)] = SimpleCookie(line).items()
    except (CookieError, ValueError):
        yield Finding(
            "warning", ABOUT, "A cookie is changed on the way, and can't be read.", "Leave cookies alone."
        )
        return
    missing = [
        word for word, has in (("HttpOnly", cookie["httponly"]), ("SameSite", cookie["samesite"])) if not has
    ]
    if view.is_https:
        missing += [] if cookie["secure"] else ["Secure"]
        missing += [] if name.startswith("__Host-") else ["__Host-"]
        missing += [] if cookie["path"] == "/" and not cookie["domain"] else ["Path=/ without Domain"]
    if missing:
        yield Finding(
            "error",
            ABOUT,
            f"The cookie {name} lacks {', '.join(missing)}.",
            "A proxy rewrites it (proxy_cookie_path, proxy_cookie_domain, proxy_cookie_flags), or IDP_ISSUER is http.",
        )


def _keys(view: View) -> Iterator[Finding]:
    ours = {key["kid"] for key in json.loads(jwks.document(view.now).body)["keys"]}
    for answer in view.jwks:
        theirs = answer.json().get("keys")
        kids = {key.get("kid") for key in theirs} if isinstance(theirs, list) else set()
        if kids != ours:
            yield Finding(
                "error",
                ABOUT,
                f"The JWKS there has other keys ({len(kids)}) than this database ({len(ours)}).",
                "All nodes need the same IDP_DATABASE_URL and IDP_ENCRYPTION_KEYS; and no cache may keep the JWKS "
                "longer than its Cache-Control says.",
            )
            return
    if any("Cache-Control" not in answer.headers for answer in view.jwks):
        yield Finding("warning", ABOUT, "Cache-Control of the JWKS is lost on the way.", "Let it pass.")
    if any(answer.headers.get("Access-Control-Allow-Origin") != "*" for answer in view.jwks):
        yield Finding(
            "warning",
            ABOUT,
            "Apps in the browser can't read the JWKS: its CORS header is lost or changed.",
            "Let it pass.",
        )


def _proxy(view: View) -> Iterator[Finding]:
    """What arrived of Host and X-Forwarded-*, by the server's own word."""
    seen = view.ready.json().get("seen")
    if not seen:
        yield Finding(
            "error",
            ABOUT,
            f"{READY} there does not know our IDP_SECRET_KEY ({view.ready.status}): it is another installation, or "
            "its nodes do not share the secret.",
            "Give all nodes the same IDP_SECRET_KEY.",
        )
        return
    if seen["host"] != urlsplit(settings.ISSUER).netloc:
        yield Finding(
            "warning",
            ABOUT,
            f"The Host that arrives is {seen['host']}, not {urlsplit(settings.ISSUER).netloc}.",
            "proxy_set_header Host $host;",
        )
    scheme = urlsplit(settings.ISSUER).scheme
    if seen["forwarded_proto"] not in ("", scheme):
        yield Finding(
            "warning",
            ABOUT,
            f"X-Forwarded-Proto arrives as {seen['forwarded_proto']}, and the issuer is {scheme}.",
            "proxy_set_header X-Forwarded-Proto $scheme;",
        )
    yield from _address(seen, view)
    yield from apart(ABOUT, "the server's", view.ready.midway - float(seen["time"]))


def _address(seen: dict[str, str], view: View) -> Iterator[Finding]:
    """The doctor claims to be SPOOFED, as anybody could (S-091)."""
    if seen["client"] == SPOOFED:
        if (
            view.is_https or not settings.LOCAL
        ):  # else there is no proxy: we came from a trusted address ourselves
            yield Finding(
                "error",
                ABOUT,
                "Everybody can choose the address that they come from, and so walk around the throttle: the proxy "
                "passes X-Forwarded-For on unchanged.",
                PROXY,
            )
    elif seen["forwarded_for"] not in ("", SPOOFED) or view.is_https:
        if not settings.TRUSTED_PROXIES:
            yield Finding(
                "warning",
                ABOUT,
                f"All people seem to come from the proxy ({seen['remote'] or 'a socket'}): they share one throttle.",
                f"IDP_TRUSTED_PROXIES={seen['remote'] or '127.0.0.1'}, and in the proxy: {PROXY}",
            )
        elif seen["client"] == seen["remote"]:
            yield Finding(
                "warning",
                ABOUT,
                f"The proxy's address {seen['remote']} is not in IDP_TRUSTED_PROXIES, or it sends no X-Forwarded-For.",
                f"Add {seen['remote']} to IDP_TRUSTED_PROXIES, and in the proxy: {PROXY}",
            )


def _clock(view: View) -> Iterator[Finding]:
    try:
        there = parsedate_to_datetime(view.discovery.headers.get("Date", ""))
    except ValueError:
        return
    yield from apart(ABOUT, "the one that apps see (Date)", view.discovery.midway - there.timestamp())


COMPARISONS: tuple[Callable[[View], Iterator[Finding]], ...] = (
    _issuer,
    _https,
    _cookies,
    _keys,
    _proxy,
    _clock,
)
