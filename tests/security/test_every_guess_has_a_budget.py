"""S-102: every secret that somebody might guess has a budget, or is too long to guess; and the table has every place.

Each row of SHORT is tried wrong, over and over at one moment, until the answer is "wait". LONG names what is compared
too, and has 128 random bits or more.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.secrets import new_sid, new_token
from idp.clients import scim_tokens
from idp.models import ScimToken
from idp.protocol.secrets import mint
from tests.factories import PASSWORD, add_app, make_user, recovery_codes, sign_in
from tests.idp.app import App, make_client

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
TRIES = 25  # the most generous budget is 20


@dataclass
class Site:
    """Alice, with every factor that is typed; a browser of hers or of nobody's, each time at another address."""

    alice: User
    app: App
    browser: Client
    number: int = 0

    def post(self, path: str, form: dict[str, str], **extra: Any) -> int:
        self.number += 1
        extra.setdefault("REMOTE_ADDR", f"10.7.{self.number}.1")
        return int(self.browser.post(path, form, **extra).status_code)

    def half_in(self) -> None:
        self.post("/login", {"username": "alice", "password": PASSWORD})

    def signed_in(self) -> None:
        sign_in(self.browser, self.alice)


@pytest.fixture
def site(signing_keys: None, cheap_passwords: None) -> Site:
    alice = make_user("alice", password=PASSWORD)
    return Site(alice, App(make_client(), user=alice), Client())


def password(site: Site) -> Callable[[], int]:
    return lambda: site.post("/login", {"username": "alice", "password": "wrong"})


def unknown(site: Site) -> Callable[[], int]:
    return lambda: site.post("/login", {"username": "nobody", "password": "wrong"})


def confirming(site: Site) -> Callable[[], int]:
    site.signed_in()
    return lambda: site.post("/login?again=1", {"password": "wrong"})


def changing(site: Site) -> Callable[[], int]:
    site.signed_in()
    form = {"current_password": "wrong", "new_password": "another set of words"}
    return lambda: site.post("/account/password", form)


def by(factor: str) -> Callable[[Site], Callable[[], int]]:
    def guess(site: Site) -> Callable[[], int]:
        add_app(site.alice)
        recovery_codes(site.alice)
        site.half_in()
        site.post(f"/login/second-factor?by={factor}", {"send": "1"} if factor == "mail" else {})
        return lambda: site.post(f"/login/second-factor?by={factor}", {"code": "00000000"})

    return guess


def passkey(site: Site) -> Callable[[], int]:
    """By address: an assertion says itself whose it is."""
    return lambda: site.post("/login/passkey", {"credential": "{}"}, REMOTE_ADDR="10.8.0.1")


def user_code(site: Site) -> Callable[[], int]:
    site.signed_in()
    return lambda: site.post("/device", {"user_code": "WDJB-MJHT"})


def client_secret(site: Site) -> Callable[[], int]:
    site.app.secret = "wrong"

    def guess() -> int:
        site.number += 1
        return site.app.token(
            grant_type="authorization_code", code="x", REMOTE_ADDR=f"10.7.{site.number}.1"
        ).status_code

    return guess


# What can be guessed, and the module that compares it.
SHORT: dict[str, tuple[Callable[[Site], Callable[[], int]], str]] = {
    "password": (password, "accounts/login.py"),
    "password of nobody": (unknown, "accounts/login.py"),
    "password, to confirm": (confirming, "accounts/login.py"),
    "password, to change it": (changing, "accounts/login.py"),
    "code of an app": (by("totp"), "accounts/factors/totp.py"),
    "recovery code": (by("recovery"), "accounts/factors/recovery.py"),
    "mailed code": (by("mail"), "accounts/factors/mailed.py"),
    "passkey": (passkey, "accounts/factors/passkeys.py"),
    "user code of a device": (user_code, "idp/tokens/devices.py"),
    "client secret": (client_secret, "idp/clients/authentication.py"),
}
# Compared too, and not to be guessed: 128 random bits or a MAC.
LONG = {
    "accounts/devices.py": "the mark of a person in a signed cookie",
    "accounts/links.py": "what a link of 256 bits was bound to: reset, invitation, unlock, set-up, recovery",
    "accounts/chooser.py": "the keyed mark of a session that this very browser holds the cookie of",
    "accounts/hashers.py": "under login's budget, which calls it",
    "accounts/imported_hashers.py": "under login's budget, which calls it",
    "idp/protocol/secrets.py": "the function itself",
    "idp/protocol/pkce.py": "the hash of a verifier of 256 bits",
    "idp/tokens/refresh.py": "a MAC",
    "idp/tokens/dpop.py": "a MAC",
    "idp/tokens/codes.py": "256 bits",
    "idp/upstream/id_token.py": "what another provider signed: a nonce of 256 bits, a hash",
    "idp/clients/registration.py": "a management token of 256 bits",
}
COMPARING = {"check_password", "compare_digest", "constant_time_compare", "matches"}


@pytest.mark.parametrize("place", SHORT)
def test_s_102_guessing_ends_in_waiting(site: Site, place: str) -> None:
    guess = SHORT[place][0]
    with time_machine.travel(timezone.now(), tick=False):
        once = guess(site)
        answers = [once() for _ in range(TRIES)]
    assert answers[0] not in (403, 404, 429, 500)
    assert answers[-1] == 429, answers


def test_s_102_the_table_has_every_place_that_compares_a_secret() -> None:
    listed = {module for _, module in SHORT.values()} | set(LONG)
    assert set(comparing()) - listed == set()


def comparing() -> list[str]:
    found = []
    for path in [path for room in ("accounts", "idp") for path in sorted((ROOT / room).rglob("*.py"))]:
        calls = {
            getattr(node.func, "attr", getattr(node.func, "id", ""))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        }
        owner = "redirects.matches" in path.read_text(encoding="utf-8")  # addresses, no secrets
        if calls & COMPARING - ({"matches"} if owner else set()):
            found.append(str(path.relative_to(ROOT)))
    return found


@pytest.mark.parametrize(
    ("make", "bits"), [(new_token, 256), (mint, 256), (new_sid, 128)], ids=["new_token", "mint", "new_sid"]
)
def test_s_042_what_has_no_budget_is_too_long_to_guess(make: Callable[[], str], bits: int) -> None:
    """Links, codes, tokens of registration and of sessions are made by these."""
    values = {make() for _ in range(50)}
    assert len(values) == 50
    assert min(map(len, values)) * 6 >= bits


def test_s_042_so_are_provisioning_tokens() -> None:
    now = timezone.now()
    value = scim_tokens.seal(ScimToken(client="x", expires_at=now), now=now)
    assert len(value.removeprefix(scim_tokens.PREFIX)) * 6 >= 256
