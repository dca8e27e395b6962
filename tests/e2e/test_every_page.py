"""Every page that a person can reach, and the main ones of the admin: WCAG 2.2 AA by axe-core, light and dark, by
keyboard, at 400 % zoom and right to left; a picture of each is kept below artifacts/screenshots.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views.defaults import bad_request

from accounts import invitations, links, registration, setup
from accounts.models import GroupPolicy, Passkey, Session, Terms, User
from idp.endpoints.errors import server_error
from idp.models import Consent, DeviceAuthorization
from keys import ring, rotation
from tests.accounts.test_passkey_sign_in import give_passkey
from tests.authenticator import Authenticator
from tests.e2e.every_page import Walk
from tests.factories import PASSWORD, add_app, make_admin, make_session, make_user, recovery_codes, sign_in
from tests.idp.app import App, make_client
from tests.live.chromium import DESKTOP

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.timeout(900), pytest.mark.slow]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEXT = "?next=/account/sessions"

# Templates that nobody reads as a page of its own, each with the reason.
NO_PAGES = {
    "base.html": "the frame of all",
    "plain.html": "the frame of pages without a database",
    "idp/check_session.html": "a frame without content, for scripts",
    "idp/form_post.html": "sends itself on; tests/e2e/test_single_sign_on.py",
    "keys/span.html": "a part",
    "keys/timeline.html": "a part",
    "playground/taken.html": "shown where an app stands in the way; tests/e2e/test_playground.py",
    "playground/quiz.html": "after an answer, without JavaScript; tests/e2e/test_playground.py",
    "accounts/other_device.html": "tests/e2e/test_several_people.py",
    "accounts/other_device_answered.html": "tests/e2e/test_several_people.py",
    "accounts/other_device_approve.html": "tests/e2e/test_several_people.py",
    "accounts/other_device_over.html": "tests/e2e/test_several_people.py",
    "accounts/password_elsewhere.html": "needs a directory; tests/accounts/directory/test_sign_in.py",
    "hostile/page.html": "tests/e2e/test_admin_tools.py",
    "idp/connect.html": "tests/e2e/test_upstream.py",
    "idp/first_time.html": "tests/e2e/test_upstream.py",
    "idp/upstream_refused.html": "tests/e2e/test_upstream.py",
    "idp/going_on.html": "leads on by itself, from another provider",
    "503.html": "tests/e2e/test_error_pages.py, with a database that is away",
}


@pytest.fixture
def walk(browser: Any, faults: Any) -> Iterator[Walk]:
    context = browser.new_context(viewport=DESKTOP)
    faults.watch(context)
    yield Walk(context.new_page())
    context.close()


@pytest.fixture
def alice(db: None, cheap_passwords: None) -> User:
    return make_user("alice", password=PASSWORD, name="Alice Liddell")


def follow(browser: Client, url: str) -> Any:
    """The page behind a link of a mail."""
    return browser.get(url.removeprefix(settings.ISSUER), follow=True)


def link(purpose: Any, user: User | None, **more: Any) -> str:
    return links.url(purpose, links.issue(purpose, user, now=timezone.now(), **more))


def test_every_page_can_be_used_by_everybody(walk: Walk, alice: User, settings: Any) -> None:
    settings.SELF_REGISTRATION = settings.IMPERSONATION = True
    settings.PLAYGROUND = "on"
    ring.forget()
    rotation.ensure_schedule(timezone.now())
    app = App(
        client=make_client(name="Grafana", client_uri="https://grafana.example"), user=alice, consented=""
    )
    signed_out(walk, alice)
    steps_of_a_sign_in(walk)
    at_an_app(walk, app)
    account(walk, alice, app)
    admin(walk, app)
    assert not walk.found, "\n".join(walk.found)
    assert pages() - walk.seen - set(NO_PAGES) == set(), "pages that nobody has looked at here"


def pages() -> set[str]:
    """Every template of ours but parts, mails, and the admin's."""
    folder = Path(settings.BASE_DIR) / "templates"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
    parts = ("admin/", "playground/cards/", "accounts/mail/")
    return {name for name in names if not name.startswith(parts) and not Path(name).name.startswith("_")}


def signed_out(walk: Walk, alice: User) -> None:
    walk.look("login", Client().get("/login"))
    walk.look("login-refused", Client().post("/login", {"username": "alice", "password": "wrong"}))
    walk.look("signed-out", Client().get("/signed-out"))
    walk.look("password-reset", Client().get("/password/reset"))
    walk.look("password-reset-sent", Client().get("/password/reset-sent"))
    walk.look("password-new", follow(Client(), link(links.Purpose.RESET, alice)))
    walk.look("login-link", follow(Client(), link(links.Purpose.LOGIN, alice)))
    walk.look("unlock", follow(Client(), link(links.Purpose.UNLOCK, alice)))
    walk.look("recover", follow(Client(), link(links.Purpose.RECOVER, alice)))
    strange = make_session(alice, user_agent=FIREFOX, address="203.0.113.5", unfamiliar="place")
    walk.look("not-me", follow(Client(), link(links.Purpose.END, alice, session=strange)))
    walk.look("dead-link", Client().get("/password/reset/no-such-link"), status=410)
    walk.look("register", Client().get("/register"))
    walk.look("register-sent", Client().get("/register/sent"))
    Terms.objects.create(version="1", text="Be kind.\n\nLeave the place tidy.", published_at=timezone.now())
    token = registration._token("new@example.com", "/account/")
    walk.look("register-new", Client().get(f"/register/{token}", follow=True))
    walk.look("terms", Client().get("/terms"))
    walk.look("language", Client().get("/language"))
    for tag in ("de", "fr", "es", "zh-Hans", "ar"):
        walk.look(f"login-{tag}", Client(headers={"Accept-Language": tag}).get("/login"))
    Terms.objects.all().delete()
    walk.look("setup", follow(Client(), setup.new_link(timezone.now(), force=True)))
    documents = ("/docs/apps", "/docs/apps/grafana", "/docs/errors", "/docs/errors/redirect-uri")
    for path in ("/developers", "/learn", "/playground", "/playground/jwt", "/keys", *documents):
        walk.look(path.strip("/").replace("/", "-"), Client().get(path))
    walk.look("not-found", Client().get("/no-such-page", headers={"accept": "text/html"}), status=404)
    walk.look("csrf", Client(enforce_csrf_checks=True).post("/login", {}), status=403)
    walk.look("expired", Client().get("/oauth2/authorize/long-gone"), status=410)
    walk.look("error", Client().get("/oauth2/authorize?client_id=no-such-app"), status=400)


def steps_of_a_sign_in(walk: Walk) -> None:
    def half_in(user: User) -> Client:
        browser = Client()
        browser.post(f"/login{NEXT}", {"username": user.username, "password": PASSWORD})
        return browser

    bob = make_user("bob", password=PASSWORD)
    add_app(bob)
    give_passkey(bob, Authenticator(credential_id=b"bobs"))
    recovery_codes(bob)
    for by in ("totp", "passkey", "mail", "recovery"):
        walk.look(f"second-factor-{by}", half_in(bob).get(f"/login/second-factor{NEXT}&by={by}"))
    walk.look(
        "second-factor-refused",
        half_in(bob).post(f"/login/second-factor{NEXT}&by=totp", {"code": "000000"}),
    )
    browser = Client()
    sign_in(browser, bob)
    walk.look("confirm-it-is-you", browser.get(f"/login{NEXT}&again=1"))
    walk.look("sign-in-gone", Client().get(f"/login/second-factor{NEXT}"), status=410)

    group = Group.objects.create(name="staff")
    GroupPolicy.objects.create(group=group, grace_days=7)
    carol = make_user("carol", password=PASSWORD)
    carol.groups.add(group)
    for by in ("app", "passkey"):
        walk.look(f"enrol-{by}", half_in(carol).get(f"/login/enrol{NEXT}&by={by}"))
    dave = make_user("dave", password=PASSWORD)
    Terms.objects.create(version="2", text="Be kind.")
    walk.look("terms-accept", half_in(dave).get(f"/login/terms{NEXT}"))
    Terms.objects.all().delete()


def at_an_app(walk: Walk, app: App) -> None:
    app.sign_in()
    walk.look("consent", app.browser.get("/oauth2/authorize", app.request(), follow=True))
    Consent.objects.create(user=app.user, client=app.client, scope="openid", given_at=timezone.now())
    asking = app.request(scope="openid", prompt="select_account")
    walk.look("select-account", app.browser.get("/oauth2/authorize", asking, follow=True))
    walk.look("app-sign-in", Client().get("/oauth2/authorize", app.request(), follow=True))
    wrong = app.request(redirect_uri="https://app.example/callback/")
    walk.look("error-redirect-uri", app.browser.get("/oauth2/authorize", wrong), status=400)
    walk.look("logout-for-an-app", app.browser.get("/oauth2/logout"))
    walk.look("logout", app.browser.get("/logout"))

    television = App(
        client=make_client(
            name="Television",
            redirect_uris=[],
            grant_types=["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
            token_endpoint_auth_method="none",
        ),
        user=app.user,
        consented="",
    )
    code = television.post("/oauth2/device_authorization", {"scope": "openid email"}).json()["user_code"]
    walk.look("device", app.browser.get("/device"))
    walk.look("device-unknown", app.browser.post("/device", {"user_code": "BBBB-BBBB"}))
    walk.look("device-confirm", app.browser.post("/device", {"user_code": code}))
    assert DeviceAuthorization.objects.exists()
    walk.look("device-decided", app.browser.get("/device/allowed"))

    # Two sessions at apps that are told, of which one does not answer: the page after "sign out everywhere".
    app.client.backchannel_logout_uri = "https://grafana.example/logout"
    app.client.save()
    app.tokens(scope="openid")
    walk.look("signed-out-told", app.browser.post("/account/sessions", {"end": "everywhere"}, follow=True))


def account(walk: Walk, alice: User, app: App) -> None:
    browser = app.browser
    app.sign_in(user_agent=FIREFOX, address="198.51.100.7", amr=["pwd", "otp", "mfa"])
    app.tokens(scope="openid")
    for path in ("", "profile", "email", "picture", "password", "activity", "data", "apps", "sessions"):
        walk.look(f"account-{path or 'overview'}", browser.get(f"/account/{path}"))
    walk.look(
        "account-profile-wrong", browser.post("/account/profile", {"website": "nothing", "phone_number": "x"})
    )
    browser.post("/account/email", {"email": "liddell@example.org"})
    wanted = link(links.Purpose.EMAIL, alice, address="liddell@example.org")
    walk.look("account-email-confirm", browser.get(wanted.removeprefix(settings.ISSUER), follow=True))
    walk.look("account-security-empty", browser.get("/account/security"))
    walk.look("account-passkey-new", browser.get("/account/security/passkeys/new"))
    walk.look("account-app-new", browser.get("/account/security/app/new"))
    add_app(alice)
    give_passkey(alice)
    walk.look("account-recovery-ask", browser.get("/account/security/codes"))
    walk.look("account-recovery-codes", browser.post("/account/security/codes"))
    walk.look("account-security", browser.get("/account/security"))
    walk.look(
        "account-passkey", browser.get(f"/account/security/passkeys/{Passkey.objects.get(user=alice).pk}")
    )
    alice.deletion_at = timezone.now() + timedelta(days=7)
    alice.save()
    walk.look("account-leaving", browser.get("/account/"))
    looking = Client()
    sign_in(looking, alice, impersonated_by=str(alice.pk))
    walk.look("account-looked-at", looking.get("/account/"))
    mallory = Client()
    sign_in(mallory, make_user("mallory"))
    walk.look("forbidden", mallory.get("/admin/", follow=True), status=403)
    made_alone(walk, "server-error", server_error(RequestFactory().get("/account/")), "500.html")
    request = RequestFactory().get("/account/")
    request.user = AnonymousUser()
    made_alone(walk, "bad-request", bad_request(request, Exception()), "400.html")


def made_alone(walk: Walk, name: str, answer: Any, template: str) -> None:
    """Pages for what should never happen."""
    answer.templates, answer.request, answer.client = [], {"PATH_INFO": f"/{name}"}, Client()
    walk.seen.add(template)
    walk.look(name, answer, status=answer.status_code)


def admin(walk: Walk, app: App) -> None:
    olga = make_admin("olga", password=PASSWORD)
    browser = Client()
    sign_in(browser, olga)
    invitations.send(make_user("ivy", email="ivy@example.com"), actor=olga, now=timezone.now())
    for name, path in {
        "admin": "",
        "admin-people": "accounts/user/",
        "admin-person": f"accounts/user/{app.user.pk}/change/",
        "admin-invite": "accounts/invitation/add/",
        "admin-events": "accounts/auditevent/",
        "admin-apps": "idp/client/",
        "admin-app": f"idp/client/{app.client.pk}/change/",
        "admin-keys": "keys/signingkey/",
        "admin-key-rotate": "keys/signingkey/rotate/RS256/",
        "admin-group": f"auth/group/{Group.objects.get(name='staff').pk}/change/",
        "admin-refusals": "idp/trace/",
        "admin-impersonate": f"accounts/user/{app.user.pk}/look/",
    }.items():
        walk.look(name, browser.get(f"/admin/{path}"))
    asking = {"action": "disable", "_selected_action": str(app.user.pk), "person": str(app.user.pk)}
    walk.look("admin-person-ask", browser.post("/admin/accounts/user/", asking))
    asking |= {"action": "recovery_link", "confirmed": "yes"}
    walk.look("admin-person-link", browser.post("/admin/accounts/user/", asking))
    Session.objects.filter(user=olga).update(auth_time=timezone.now() - timedelta(hours=1))
    asking = browser.post("/admin/auth/group/add/", {"name": "chess"})["Location"]
    walk.look("admin-continue", browser.post(asking, {"password": PASSWORD}, follow=True))
