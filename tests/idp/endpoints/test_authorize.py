"""The authorization endpoint: answers go to proven addresses only, and say what they should."""

import re
from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client as Browser

from accounts.models import AuditEvent
from accounts.throttling import Limit
from accounts.views.going_on import SeeOther
from idp.authorization import keeping
from idp.clients import registry
from idp.models import Consent, Grant, SavedRequest
from idp.traces import leaving
from tests.factories import make_user, sign_in
from tests.idp.app import CALLBACK, App, answer, location, make_client


def test_somebody_signed_in_who_agreed_before_is_sent_back_with_a_code(app: App) -> None:
    response = app.authorize()
    assert response["Location"].startswith(f"{CALLBACK}?")
    assert set(answer(response)) == {"code", "state", "iss"}


def test_s_016_state_comes_back_byte_for_byte(app: App) -> None:
    state = "ä b+c%2F&=?#/\"'<>{}~"
    assert answer(app.authorize(state=state))["state"] == state


def test_s_018_iss_is_in_every_answer(app: App) -> None:
    good, bad = answer(app.authorize()), answer(app.authorize(prompt="frobnicate"))
    assert good["iss"] == bad["iss"] == settings.ISSUER


def test_a_query_in_the_redirect_uri_is_kept(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(redirect_uris=[f"{CALLBACK}?tenant=1"]))
    app.sign_in()
    assert answer(app.authorize())["tenant"] == "1"


@pytest.mark.parametrize(
    "uri",
    [
        "https://mallory.example/callback",
        f"{CALLBACK}/",
        f"{CALLBACK}?x=1",
        CALLBACK.upper(),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("app.example", "app.example:443"),
        CALLBACK.replace("app.example", "app.example@mallory.example"),
        CALLBACK.replace("callback", "%63allback"),
        f"{CALLBACK}#fragment",
        f" {CALLBACK}",
        "javascript:alert(1)",
        "//mallory.example",
        "https://[x]/cb",
    ],
)
def test_s_001_an_address_that_is_not_registered_ends_on_a_page(app: App, uri: str) -> None:
    response = app.authorize(redirect_uri=uri)
    assert response.status_code == 400
    assert "Location" not in response
    assert b"<form" not in response.content.replace(b'<form method="post" action="/logout">', b"")


def test_s_143_strangers_can_not_fill_the_audit_log_by_wrong_addresses(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M8: the log only grows."""
    monkeypatch.setattr(leaving, "APP_AND_BLOCK", 5)
    before = AuditEvent.objects.count()
    for _ in range(8):
        assert app.authorize(redirect_uri="https://mallory.example/").status_code == 400
    assert AuditEvent.objects.count() - before == 5


@pytest.mark.parametrize("also_wrong", [{"response_type": "token"}, {"prompt": "none"}, {"scope": "\x00"}])
@pytest.mark.parametrize("change", [{"client_id": "nobody"}, {"redirect_uri": "https://mallory.example/"}])
def test_s_003_no_error_redirects_before_client_and_address_are_proven(
    app: App, change: dict[str, str], also_wrong: dict[str, str]
) -> None:
    response = app.authorize(**change, **also_wrong)
    assert response.status_code == 400
    assert "Location" not in response


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_s_003_who_and_where_to_are_required_and_said_once(app: App, name: str) -> None:
    assert app.authorize(**{name: None}).status_code == 400
    query = "&".join(f"{key}={quote(value)}" for key, value in app.request().items())
    assert app.browser.get(f"/oauth2/authorize?{query}&{name}=x").status_code == 400


def test_a_disabled_app_gets_no_answer(app: App) -> None:
    app.client.enabled = False
    app.client.save()
    assert app.authorize().status_code == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "carrier_pigeon"}, "invalid_request"),
        ({"scope": "nothing of ours"}, "invalid_scope"),
        ({"scope": "openid \x7f"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "frobnicate"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "١"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://mallory.example/r"}, "request_uri_not_supported"),
        ({"id_token_hint": "eyJhbGciOiJub25lIn0.e30."}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"nonce": "n" * 2049}, "invalid_request"),
    ],
)
def test_s_011_s_013_s_020_a_bad_request_is_told_to_the_app(
    app: App, change: dict[str, str | None], error: str
) -> None:
    if any("\x7f" in (value or "") for value in change.values()):
        assert app.authorize(**change).status_code == 400  # unreadable as a whole: nothing is proven
    else:
        assert answer(app.authorize(**change))["error"] == error


@pytest.mark.parametrize("name", ["state", "scope", "nonce", "prompt", "frobnicate"])
def test_s_010_a_repeated_parameter_is_refused_whatever_it_is(app: App, name: str) -> None:
    query = "&".join(f"{key}={quote(value)}" for key, value in {**app.request(), name: "x"}.items())
    found = answer(app.browser.get(f"/oauth2/authorize?{query}&{name}=y"))
    assert found["error"] == "invalid_request"
    assert ("state" in found) == (name != "state")


def test_s_014_an_overlong_state_is_refused_and_not_sent_back(app: App) -> None:
    found = answer(app.authorize(state="s" * 2049))
    assert found["error"] == "invalid_request"
    assert "state" not in found


def test_unknown_parameters_are_ignored(app: App) -> None:
    assert "code" in answer(app.authorize(frobnicate="1", ui_locales="de", display="page"))


def test_no_scope_at_all_means_openid(app: App) -> None:
    """INTEROP 3: the MCP SDK sends none."""
    app.code(scope=None)
    assert Grant.objects.get().scope == "openid"


def test_fragment_mode_answers_in_the_fragment(app: App) -> None:
    parts = urlsplit(app.authorize(response_mode="fragment")["Location"])
    assert not parts.query
    assert "code=" in parts.fragment


def test_form_post_mode_answers_with_a_page_that_posts_itself_and_has_a_button(app: App) -> None:
    response = app.authorize(response_mode="form_post", state='"><script>alert(1)</script>')
    page = response.content.decode()
    assert f'action="{CALLBACK}"' in page
    assert 'name="code"' in page
    assert 'name="iss"' in page
    assert "<button" in page
    assert "<script>alert" not in page
    assert "https://app.example" in response["Content-Security-Policy"].split("form-action")[1]
    assert response["Cache-Control"] == "no-store"


def test_form_post_errors_keep_the_mode(app: App) -> None:
    response = app.authorize(response_mode="form_post", prompt="frobnicate")
    assert b'value="invalid_request"' in response.content


def test_s_019_every_redirect_is_303(app: App) -> None:
    assert app.authorize().status_code == 303
    body = urlencode(app.request())
    posted = app.browser.post("/oauth2/authorize", body, content_type="application/x-www-form-urlencoded")
    assert posted.status_code == 303
    assert app.authorize(prompt="login").status_code == 303
    assert SeeOther("/").status_code == 303


def test_a_post_from_another_site_goes_on_as_a_get(app: App) -> None:
    """INTEROP 24: with SameSite=Lax the cookie is missing on the POST."""
    browser = Browser(enforce_csrf_checks=True)
    body = "&".join(f"{key}={quote(value)}" for key, value in app.request().items())
    response = browser.post("/oauth2/authorize", body, content_type="application/x-www-form-urlencoded")
    assert "code" in answer(app.browser.get(location(response)))


def test_somebody_not_signed_in_is_sent_to_log_in_and_comes_back(app: App) -> None:
    stranger = Browser()
    query = "&".join(f"{key}={quote(value)}" for key, value in app.request().items())
    login = location(stranger.get(f"/oauth2/authorize?{query}"))
    assert login.startswith("/login?next=")
    saved = SavedRequest.objects.get()
    sign_in(stranger, app.user)
    assert "code" in answer(stranger.get(f"/oauth2/authorize/{saved.pk}"))


@pytest.mark.parametrize("prompt", [None, "login"])
def test_s_012_a_saved_request_ends_with_its_answer(app: App, prompt: str | None) -> None:
    """L12: opened again, it would take an old sign-in for one that was made for it."""
    Consent.objects.all().delete()
    app.authorize(prompt=prompt)
    saved = SavedRequest.objects.get()
    sign_in(app.browser, app.user)
    Consent.objects.create(
        user=app.user, client=app.client, scope="openid profile email", given_at=saved.created_at
    )
    assert "code" in answer(app.browser.get(f"/oauth2/authorize/{saved.pk}"))
    assert app.browser.get(f"/oauth2/authorize/{saved.pk}").status_code == 410
    assert Grant.objects.count() == 1


def test_s_012_a_saved_request_ends_with_a_refusal_too(make_app: Callable[..., App]) -> None:
    app = make_app(consented="")
    app.sign_in()
    page = location(app.authorize())
    app.browser.post(page, {"decision": "deny", "sid": app.user.sessions.get().sid})
    assert app.browser.get(page).status_code == 410


def test_s_014_only_parameters_that_are_read_are_kept(app: App) -> None:
    """M7: 240 kB of anything, fifty times a second, would fill the disk."""
    body = {**app.request(), "pad": "x" * 200_000, "client_secret": "x", "resource": "https://api.example/"}
    Browser().post("/oauth2/authorize", urlencode(body), content_type="application/x-www-form-urlencoded")
    assert not SavedRequest.objects.exists()  # the API is not known; and without it:
    del body["resource"]
    Browser().post("/oauth2/authorize", urlencode(body), content_type="application/x-www-form-urlencoded")
    assert SavedRequest.objects.get().params == app.request()


def test_s_014_what_is_kept_is_bounded_in_all(app: App) -> None:
    body = urlencode(app.request(login_hint="x" * 17_000))
    refused = Browser().post("/oauth2/authorize", body, content_type="application/x-www-form-urlencoded")
    assert answer(refused)["error"] == "invalid_request"
    assert "16384 bytes" in answer(refused)["error_description"]
    assert not SavedRequest.objects.exists()


def test_s_014_strangers_have_so_many_requests_waiting_by_block(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Limit(free=3, step=60, longest=60)
    monkeypatch.setattr(keeping._throttle, "subject_limit", limit)
    body = urlencode(app.request())
    stranger, kind = Browser(), "application/x-www-form-urlencoded"
    answers = [stranger.post("/oauth2/authorize", body, content_type=kind) for _ in range(10)]
    answers += [stranger.get(f"/oauth2/authorize?{body}") for _ in range(10)]
    kept = SavedRequest.objects.count()
    assert kept <= 4
    assert answer(answers[-1])["error"] == answer(answers[9])["error"] == "temporarily_unavailable"
    assert "again=1" in location(app.authorize(prompt="login"))  # who is signed in goes on


def test_s_014_a_head_is_no_request_for_an_answer(app: App) -> None:
    """L16: a link preview may send one, and each would write a grant."""
    assert app.browser.head(f"/oauth2/authorize?{urlencode(app.request())}").status_code == 405
    app.authorize(prompt="login")
    assert app.browser.head(f"/oauth2/authorize/{SavedRequest.objects.get().pk}").status_code == 405
    assert not Grant.objects.exists()


def test_the_login_page_names_the_app_that_waits(app: App) -> None:
    stranger = Browser()
    query = "&".join(f"{key}={quote(value)}" for key, value in app.request(login_hint="alice").items())
    page = stranger.get(location(stranger.get(f"/oauth2/authorize?{query}")))
    assert b"Grafana" in page.content
    assert b"app.example" in page.content
    assert "https://app.example" in page["Content-Security-Policy"].split("form-action")[1]


@pytest.mark.parametrize("path", ["/oauth2/authorize/nothing", "/oauth2/consent/nothing"])
def test_a_saved_request_that_is_gone_ends_on_a_page(app: App, path: str) -> None:
    assert app.browser.get(path).status_code == 410


@pytest.mark.parametrize("prompt", ["none"])
def test_s_012_prompt_none_shows_no_page(app: App, prompt: str) -> None:
    query = "&".join(f"{key}={quote(value)}" for key, value in app.request(prompt=prompt).items())
    assert answer(Browser().get(f"/oauth2/authorize?{query}"))["error"] == "login_required"
    assert "code" in answer(app.authorize(prompt=prompt))
    Consent.objects.all().delete()
    assert answer(app.authorize(prompt=prompt))["error"] == "consent_required"
    assert not SavedRequest.objects.exists()


def test_prompt_login_asks_again_and_is_content_after(app: App) -> None:
    assert "again=1" in location(app.authorize(prompt="login"))
    saved = SavedRequest.objects.get()
    assert "again=1" in location(app.browser.get(f"/oauth2/authorize/{saved.pk}"))
    app.sign_in()
    assert "code" in answer(app.browser.get(f"/oauth2/authorize/{saved.pk}"))


def test_an_id_token_of_this_person_may_be_expired_as_a_hint(app: App) -> None:
    hint = app.tokens()["id_token"]
    assert "code" in answer(app.authorize(id_token_hint=hint, prompt="none"))


def test_an_id_token_of_somebody_else_asks_for_another_sign_in(app: App) -> None:
    hint = app.tokens()["id_token"]
    sign_in(app.browser, make_user())
    assert answer(app.authorize(id_token_hint=hint, prompt="none"))["error"] == "login_required"
    assert "switch=1" in location(app.authorize(id_token_hint=hint))


def test_an_id_token_of_another_app_is_no_hint(app: App, make_app: Callable[..., App]) -> None:
    other = make_app(make_client(name="Other"), user=app.user, browser=app.browser)
    assert answer(app.authorize(id_token_hint=other.tokens()["id_token"]))["error"] == "invalid_request"


def test_an_access_token_is_no_hint(app: App) -> None:
    """S-058: each purpose has its own type."""
    hint = app.tokens()["access_token"]
    assert answer(app.authorize(id_token_hint=hint))["error"] == "invalid_request"


def test_only_members_of_its_groups_may_use_an_app(app: App) -> None:
    staff = Group.objects.create(name="staff")
    app.client.groups.add(staff)
    app.client.touch()
    assert answer(app.authorize())["error"] == "access_denied"
    assert AuditEvent.objects.filter(type="authorization.refused").exists()
    app.user.groups.add(staff)
    assert "code" in answer(app.authorize())


def test_consent_is_asked_once_and_again_only_for_more(make_app: Callable[..., App]) -> None:
    app = make_app(consented="")
    app.sign_in()
    page = location(app.authorize())
    shown = app.browser.get(page)
    assert app.user.email.encode() in shown.content
    sid = app.user.sessions.get().sid
    agreed = app.browser.post(page, {"decision": "allow", "sid": sid})
    assert "code" in answer(app.browser.get(location(agreed)))
    assert "code" in answer(app.authorize())
    assert "/oauth2/consent/" in location(app.authorize(scope="openid profile email groups"))


def test_a_no_goes_to_the_app_as_access_denied(make_app: Callable[..., App]) -> None:
    app = make_app(consented="")
    app.sign_in()
    page = location(app.authorize())
    refused = answer(app.browser.post(page, {"decision": "deny", "sid": app.user.sessions.get().sid}))
    assert refused["error"] == "access_denied"
    assert refused["state"]
    assert not Consent.objects.exists()


def test_a_yes_of_another_person_in_another_tab_does_not_count(make_app: Callable[..., App]) -> None:
    app = make_app(consented="")
    sid = app.sign_in().sid
    page = location(app.authorize())
    sign_in(app.browser, make_user())
    assert app.browser.post(page, {"decision": "allow", "sid": sid}).status_code == 200
    assert not Consent.objects.exists()


def test_s_082_consent_needs_our_csrf_token(make_app: Callable[..., App]) -> None:
    app = make_app(consented="", browser=Browser(enforce_csrf_checks=True))
    sid = app.sign_in().sid
    page = location(app.authorize())
    assert app.browser.post(page, {"decision": "allow", "sid": sid}).status_code == 403
    assert not Consent.objects.exists()


def test_prompt_consent_asks_though_it_was_given(app: App) -> None:
    page = location(app.authorize(prompt="consent"))
    agreed = app.browser.post(page, {"decision": "allow", "sid": app.user.sessions.get().sid})
    assert "code" in answer(app.browser.get(location(agreed)))


def test_a_first_party_app_does_not_ask(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(first_party=True), consented="")
    app.sign_in()
    assert "code" in answer(app.authorize())


def test_prompt_select_account_lets_one_choose(app: App) -> None:
    page = location(app.authorize(prompt="select_account"))
    assert page.startswith("/oauth2/select-account/")
    shown = app.browser.get(page).content.decode()
    assert "Alice Liddell" in shown
    chosen = app.browser.post(page, {"account": re.search(r'name="account" value="(\w+)"', shown)[1]})
    assert "code" in answer(app.browser.get(location(chosen)))


def test_a_changed_app_is_read_again(app: App) -> None:
    registry.find(app.client.client_id)
    app.client.redirect_uris = ["https://app.example/new"]
    app.client.save()
    assert app.authorize(redirect_uri=CALLBACK).status_code == 400
    assert "code" in answer(app.authorize())


def test_s_080_the_error_page_escapes_what_it_shows(app: App) -> None:
    page = app.authorize(redirect_uri="https://x.example/<script>alert(1)</script>").content
    assert b"<script>alert" not in page
    assert b"&lt;script&gt;" in page


def test_the_error_page_marks_what_differs_from_the_registered_address(app: App) -> None:
    page = app.authorize(redirect_uri=f"{CALLBACK}/").content.decode()
    assert "<mark>" in page
    assert "Reference" in page


def test_a_loopback_port_may_vary_for_native_apps_only(make_app: Callable[..., App]) -> None:
    """S-002, RFC 8252 section 7.3."""
    uris = ["http://127.0.0.1/cb"]
    native = make_app(make_client(application_type="native", redirect_uris=uris))
    native.sign_in()
    assert native.authorize(redirect_uri="http://127.0.0.1:51234/cb").status_code == 303
    assert native.authorize(redirect_uri="http://127.0.0.1:51234/other").status_code == 400
    web = make_app(make_client(redirect_uris=uris))
    web.sign_in()
    assert web.authorize(redirect_uri="http://127.0.0.1:51234/cb").status_code == 400


def test_an_apps_own_scheme_is_answered_too(make_app: Callable[..., App]) -> None:
    app = make_app(make_client(application_type="native", redirect_uris=["com.example.app:/cb"]))
    app.sign_in()
    assert app.authorize()["Location"].startswith("com.example.app:/cb?code=")
