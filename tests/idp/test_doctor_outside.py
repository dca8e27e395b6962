"""What the doctor sees at the public address: each thing that a proxy can spoil has its finding."""

import json
from collections.abc import Callable
from datetime import timedelta
from email.message import Message
from email.utils import format_datetime
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from idp import probe
from idp.diagnosis import Asked, outside
from idp.diagnosis.looking import Seen, Unreachable, look
from keys import jwks
from tests.live.server import Server

URL = "https://id.example.com"
COOKIE = "__Host-csrf=x; HttpOnly; Path=/; SameSite=Lax; Secure"
Site = dict[str, dict[str, Any]]


def site(now: Any) -> Site:
    """A sound installation behind a sound proxy."""
    date = {"Date": format_datetime(now)}
    seen = {
        "host": "id.example.com", "remote": "10.0.0.2", "forwarded_for": "198.51.100.7",
        "forwarded_proto": "https", "client": "198.51.100.7", "time": now.timestamp(),
    }  # fmt: skip
    cached = {"Cache-Control": "max-age=60", "Access-Control-Allow-Origin": "*"}
    return {
        outside.DISCOVERY: {"json": {"issuer": URL}, "headers": date},
        outside.JWKS: {"json": json.loads(jwks.document(now).body), "headers": cached},
        outside.READY: {"json": {"ready": True, "seen": seen}, "headers": {}},
        outside.LOGIN: {
            "json": {},
            "headers": {"Strict-Transport-Security": "max-age=1"},
            "cookies": [COOKIE],
        },
    }


def answer(page: dict[str, Any]) -> Seen:
    headers = Message()
    for name, value in page["headers"].items():
        headers[name] = value
    for line in page.get("cookies", []):
        headers["Set-Cookie"] = line
    ends = timezone.now() + timedelta(days=page.get("days", 60))
    certificate = {"notAfter": ends.strftime("%b %d %H:%M:%S %Y GMT")}
    body = page.get("body") or json.dumps(page["json"]).encode()
    return Seen(page.get("status", 200), headers, body, certificate, timezone.now().timestamp())


@pytest.fixture
def findings(signing_keys: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    settings.ISSUER, settings.LOCAL = URL, False
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]

    def findings(change: Callable[[Site], Any] = lambda pages: None, url: str = URL) -> list[str]:
        pages = site(timezone.now())
        change(pages)

        def looked(base: str, path: str, headers: Any = None) -> Seen:
            if base.startswith("http:") and base != url:
                if "plain" not in pages:
                    raise Unreachable("refused")
                return answer(pages["plain"])
            return answer(pages[path])

        monkeypatch.setattr(outside, "look", looked)
        return [found.what for found in outside.check(Asked(timezone.now(), url=url))]

    return findings


def seen(**changes: Any) -> Callable[[Site], Any]:
    return lambda pages: pages[outside.READY]["json"]["seen"].update(changes)


def page(path: str, **changes: Any) -> Callable[[Site], Any]:
    return lambda pages: pages[path].update(changes)


def test_a_sound_one_has_nothing_to_say(findings: Any) -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (page(outside.DISCOVERY, json={"issuer": URL + "/"}), "The issuer there is"),
        (page(outside.DISCOVERY, status=400, body=b"This address is not served here."), "which host was asked for"),
        (page(outside.DISCOVERY, status=502), "Discovery answers 502"),
        (page(outside.DISCOVERY, body=b"<html>"), "not as JSON"),
        (page(outside.LOGIN, headers={}), "Strict-Transport-Security"),
        (page(outside.LOGIN, days=5), "The certificate ends in"),
        (page("plain", json={}, headers={}), "does not lead to https"),
        (page(outside.LOGIN, cookies=[]), "set no cookie"),
        (page(outside.LOGIN, cookies=[COOKIE.replace("; Secure", "")]), "lacks Secure"),
        (page(outside.LOGIN, cookies=[COOKIE.replace("__Host-", "")]), "lacks __Host-"),
        (page(outside.LOGIN, cookies=[COOKIE.replace("; SameSite=Lax", "")]), "lacks SameSite"),
        (page(outside.LOGIN, cookies=[COOKIE.replace("; HttpOnly", "")]), "lacks HttpOnly"),
        (page(outside.LOGIN, cookies=[COOKIE + "; Domain=example.com"]), "without Domain"),
        (page(outside.JWKS, json={"keys": [{"kid": "other"}]}), "other keys"),
        (page(outside.JWKS, json={"keys": "none"}), "other keys"),
        (page(outside.JWKS, headers={"Access-Control-Allow-Origin": "*"}), "Cache-Control of the JWKS"),
        (page(outside.JWKS, headers={"Cache-Control": "max-age=60"}), "CORS"),
        (page(outside.READY, json={"ready": True}), "does not know our IDP_SECRET_KEY"),
        (seen(host="127.0.0.1:8000"), "The Host that arrives is 127.0.0.1:8000"),
        (seen(forwarded_proto="http"), "X-Forwarded-Proto arrives as http"),
        (seen(forwarded_for=outside.SPOOFED, client=outside.SPOOFED), "Everybody can choose"),
        (seen(client="10.0.0.2"), "is not in IDP_TRUSTED_PROXIES"),
        (seen(time=100.0), "s ahead of the server's"),
        (page(outside.DISCOVERY, headers={"Date": "Wed, 01 Jan 2020 00:00:00 GMT"}), "that apps see"),
    ],
)  # fmt: skip
def test_what_a_proxy_or_a_node_spoils(findings: Any, change: Callable[[Site], Any], words: str) -> None:
    if words == "does not lead to https":
        found = findings(lambda pages: pages.update(plain={"json": {}, "headers": {}}))
    else:
        found = findings(change)
    assert any(words in what for what in found), found


def test_s_091_a_proxy_that_nobody_named(findings: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    assert any("they share one throttle" in what for what in findings(seen(client="10.0.0.2")))


def test_another_address_than_the_issuer_s(findings: Any) -> None:
    assert any("refuse every token" in what for what in findings(url="https://sso.example.com"))


def test_plain_http_in_public(findings: Any) -> None:
    assert any("reads along" in what for what in findings(url="http://id.example.com"))


def test_nothing_is_fetched_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "look", None)
    assert list(outside.check(Asked(timezone.now()))) == []


def test_an_address_where_nobody_is(db: None) -> None:
    [finding] = outside.check(Asked(timezone.now(), url="http://127.0.0.1:1"))
    assert finding.level == "error"
    assert "can't be fetched" in finding.what


@pytest.mark.parametrize("url", ["ftp://id.example.com", "id.example.com", "https://", "http://[x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises((Unreachable, ValueError)):
        look(url, "/")


def test_only_who_has_the_secret_key_learns_what_arrived(signing_keys: None, settings: Any) -> None:
    answer = Browser().get("/readyz", headers={"Host": "localhost:8000", probe.HEADER: probe.sign()}).json()
    assert answer["seen"]["host"] == "localhost:8000"
    forged = probe.sign()[:-1] + "x"
    assert "seen" not in Browser().get("/readyz", headers={probe.HEADER: forged}).json()
    signed = probe.sign()
    settings.SECRET_KEY = "another" * 9
    assert "seen" not in Browser().get("/readyz", headers={probe.HEADER: signed}).json()
    assert "seen" not in Browser().get("/readyz").json()


def test_a_real_server_is_sound_from_outside(live: Server) -> None:
    done = live.try_manage("doctor", "--url", "--json")
    found = [each for each in json.loads(done.stdout) if each["check"] == "outside"]
    assert found == [], done.stderr
