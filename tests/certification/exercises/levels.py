"""Levels of sign-in above a password: each by a passkey in software, over the pages' own forms."""

import html
import re
from urllib.parse import urlsplit

import requests

from tests.authenticator import BACKED_UP, MAY_BACK_UP, USER_PRESENT, USER_VERIFIED, Authenticator
from tests.certification.exercises.table import Room, of
from tests.certification.registering import register
from tests.live.visitor import Form, Visitor, forms

IN_ONE_DEVICE = USER_PRESENT | USER_VERIFIED
SYNCHRONISED = IN_ONE_DEVICE | MAY_BACK_UP | BACKED_UP


@of("acr_values_supported", "urn:signet:mfa", "phr", "phrh")
def acr_value_of_a_passkey(room: Room, value: str) -> None:
    """Reached by who has what it takes, and never said of a password alone."""
    name = f"carol-{value.rpartition(':')[2]}"
    browser = Visitor(room.provider.server.user(name), verify=room.provider.server.verify)
    party = register(room.provider)
    assert party.sign_in(browser, acr_values=value).id_token["acr"] == "urn:signet:pwd"
    key = _passkey(room, browser, IN_ONE_DEVICE if value == "phrh" else SYNCHRONISED)
    browser.session.cookies.clear()
    page = browser.session.get(f"{room.provider.url}/login", timeout=30)
    form = _form(page)
    answer = _post(browser, form, credential=key.get(_options(page)))
    assert answer.status_code == 303, answer.text[-2000:]
    claims = party.sign_in(browser, acr_values=value).id_token
    assert claims["acr"] == value
    assert {"pop", "user", "mfa"} <= set(claims["amr"])


def _passkey(room: Room, browser: Visitor, flags: int) -> Authenticator:
    key = Authenticator(
        room.provider.url,
        str(urlsplit(room.provider.url).hostname),
        flags,
        credential_id=browser.person.username.encode(),
    )
    page = browser.session.get(f"{room.provider.url}/account/security/passkeys/new", timeout=30)
    answer = _post(browser, _form(page), credential=key.create(_options(page)), name="Key")
    assert answer.status_code in (200, 303), answer.text[-2000:]
    return key


def _options(page: requests.Response) -> str:
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found, page.text[-2000:]
    return html.unescape(found[1])


def _form(page: requests.Response) -> Form:
    [form] = [form for form in forms(page) if "credential" in form.fields]
    return form


def _post(browser: Visitor, form: Form, **fields: str) -> requests.Response:
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    return browser.session.post(
        form.action, {**form.fields, **fields}, headers=headers, allow_redirects=False, timeout=30
    )
