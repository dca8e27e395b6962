"""Apps in Django admin: registered with a clear form, their secret shown once, every change on record."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, User
from idp.clients import secrets
from idp.clients.authentication import SECRET
from idp.models import Client
from idp.protocol.secrets import matches
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import make_client

URI = "https://wiki.example/cb"
ADMIN = f"/{settings.ADMIN_PATH}/idp/client/"
FORM = {
    "name": "Wiki",
    "application_type": "web",
    "token_endpoint_auth_method": "client_secret_basic",
    "enabled": "on",
    "redirect_uris": URI,
    "post_logout_redirect_uris": "",
    "grant_types": ["authorization_code", "refresh_token"],
    "scopes": ["openid", "profile", "email"],
    "id_token_signed_response_alg": "RS256",
    "access_token_signed_response_alg": "RS256",
    "require_pkce": "on",
    "rotate_refresh_tokens": "on",
    "subject_type": "public",
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_admin("alice")


@pytest.fixture
def browser(admin: User) -> Browser:
    browser = Browser()
    sign_in(browser, admin)
    return browser


@pytest.fixture
def wiki() -> Client:
    return make_client(name="Wiki", redirect_uris=[URI])


def filled(browser: Browser, path: str, **changes: Any) -> dict[str, Any]:
    """The form as the page proposes it, with the changes typed in; None takes a tick away."""
    fields = browser.get(path).context["adminform"].form
    form = {"client_id": fields["client_id"].value(), **FORM} if "client_id" in fields.fields else dict(FORM)
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


def add(browser: Browser, **changes: Any) -> HttpResponse:
    return browser.post(f"{ADMIN}add/", filled(browser, f"{ADMIN}add/", **changes))


def save(browser: Browser, client: Client, **changes: Any) -> HttpResponse:
    path = f"{ADMIN}{client.pk}/change/"
    return browser.post(path, filled(browser, path, **changes))


def errors(response: HttpResponse) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def shown_secret(response: HttpResponse) -> str:
    assert response.status_code == 200, response
    found = re.search(
        r"Client secret</th><td><code class=\"value\">([\w-]{43})</code>", response.content.decode()
    )
    assert found, response.content.decode()
    return found[1]


def opens(client: Client, value: str) -> bool:
    return any(matches(value, secret.digest, SECRET) for secret in client.secrets.all())


def events(client: Client) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(client_id=client.client_id).order_by("id"))


def test_an_app_is_registered_and_what_to_paste_is_shown(browser: Browser) -> None:
    response = add(browser)
    client = Client.objects.get()
    value = shown_secret(response)
    page = response.content.decode()
    for part in (
        client.client_id,
        settings.ISSUER,
        f"{settings.ISSUER}/.well-known/openid-configuration",
        URI,
    ):
        assert f'<code class="value">{part}</code>' in page
    assert client.redirect_uris == [URI]
    assert client.scopes == ["openid", "profile", "email"]
    assert opens(client, value)


def test_s_064_the_page_with_the_secret_is_kept_nowhere(browser: Browser) -> None:
    assert "no-store" in add(browser)["Cache-Control"]


def test_s_042_the_secret_is_shown_once_and_its_digest_never(browser: Browser) -> None:
    value = shown_secret(add(browser))
    client = Client.objects.get()
    stored = client.secrets.get().digest
    for path in (ADMIN, f"{ADMIN}{client.pk}/change/", f"{ADMIN}{client.pk}/history/"):
        page = browser.get(path).content.decode()
        assert value not in page
        assert stored not in page


def test_sending_the_add_form_twice_makes_one_app(browser: Browser) -> None:
    form = filled(browser, f"{ADMIN}add/")
    browser.post(f"{ADMIN}add/", form)
    again = browser.post(f"{ADMIN}add/", form)
    assert "client_id" in errors(again)
    assert Client.objects.count() == 1


def test_a_public_app_gets_a_page_without_a_secret(browser: Browser) -> None:
    response = add(browser, token_endpoint_auth_method="none", application_type="native")
    assert "none: a public app" in response.content.decode()
    assert not Client.objects.get().secrets.exists()


def test_each_bad_address_is_named_and_nothing_is_saved(browser: Browser) -> None:
    bad = ["http://wiki.example/cb", "https://wiki.example/*", "javascript:alert(1)"]
    response = add(browser, redirect_uris="\r\n".join([URI, *bad]))
    found = errors(response)["redirect_uris"]
    assert [message.split(": ")[0] for message in found] == bad
    assert "<script" not in "".join(found)
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("redirect_uris", ""),
        ("redirect_uris", "\n".join(f"{URI}/{n}" for n in range(21))),
        ("redirect_uris", URI + "a" * 2048),
        ("redirect_uris", "com.example.app:/cb"),
        ("post_logout_redirect_uris", "/bye"),
        ("contacts", "alice\x01@example.com"),
        ("audiences", "a" * 300),
        ("own_scopes", 'read"all'),
        ("grant_types", ["password"]),
        ("grant_types", None),
        ("scopes", ["everything"]),
        ("name", "Wiki\u202eikiw"),
        ("client_id", "with space"),
        ("client_uri", "javascript:alert(1)"),
        ("id_token_signed_response_alg", "ES256"),
        ("id_token_signed_response_alg", "none"),
        ("access_token_seconds", "0"),
        ("refresh_seconds", "99999999999"),
    ],
)
def test_s_004_s_121_a_field_is_refused(browser: Browser, field: str, value: Any) -> None:
    assert field in errors(add(browser, **{field: value}))
    assert not Client.objects.exists()


def test_lines_scopes_and_groups_arrive(browser: Browser) -> None:
    group = Group.objects.create(name="staff")
    add(
        browser,
        redirect_uris=f"  {URI}  \r\n\r\nhttps://wiki.example/other\r\n",
        contacts="alice@example.com\r\nbob@example.com",
        own_scopes="reports:read reports:write",
        allowed_groups=[group.pk],
    )
    client = Client.objects.get()
    assert client.redirect_uris == [URI, "https://wiki.example/other"]
    assert client.contacts == ["alice@example.com", "bob@example.com"]
    assert client.scopes == ["openid", "profile", "email", "reports:read", "reports:write"]
    assert list(client.groups.all()) == [group]


def test_saving_what_the_page_shows_changes_nothing(browser: Browser, wiki: Client) -> None:
    wiki.scopes = ["openid", "reports:read"]
    wiki.groups.add(Group.objects.create(name="staff"))
    wiki.contacts = ["alice@example.com"]
    wiki.save()
    path = f"{ADMIN}{wiki.pk}/change/"
    form = browser.get(path).context["adminform"].form
    fields = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in fields.items() if value not in (None, False)}
    before = _values(wiki)
    response = browser.post(path, sent)
    assert response.status_code == 302, errors(response)
    assert _values(Client.objects.get()) == before
    assert not events(wiki)


def _values(client: Client) -> dict[str, Any]:
    left_out = {"id", "revision", "updated_at"}
    values = {
        field.name: getattr(client, field.name) for field in client._meta.fields if field.name not in left_out
    }
    return values | {"groups": list(client.groups.values_list("name", flat=True))}


def test_the_client_id_can_be_chosen_once(browser: Browser) -> None:
    add(browser, client_id="wiki")
    client = Client.objects.get()
    assert client.client_id == "wiki"
    save(browser, client, client_id="other")
    assert Client.objects.get().client_id == "wiki"


def test_other_processes_hear_of_changed_groups(browser: Browser, wiki: Client) -> None:
    before = wiki.revision
    save(browser, wiki, allowed_groups=[Group.objects.create(name="staff").pk])
    wiki.refresh_from_db()
    assert wiki.revision != before
    assert wiki.groups.count() == 1


def test_s_143_a_change_is_on_record_with_before_and_after(
    browser: Browser, admin: User, wiki: Client
) -> None:
    save(
        browser, wiki, name="Notes", require_pkce=None, allowed_groups=[Group.objects.create(name="staff").pk]
    )
    (event,) = events(wiki)
    assert event.type == "admin.changed"
    assert event.actor == f"user:{admin.pk}"
    assert event.detail["changes"]["name"] == {"before": "Wiki", "after": "Notes"}
    assert event.detail["changes"]["require_pkce"] == {"before": True, "after": False}
    assert event.detail["changes"]["allowed_groups"] == {"before": [], "after": ["staff"]}


def test_s_143_a_registration_is_on_record_without_the_secret(browser: Browser) -> None:
    value = shown_secret(add(browser))
    found = events(Client.objects.get())
    assert [event.type for event in found] == ["admin.added", "client.secret_issued"]
    assert value not in str([event.detail for event in found])


@pytest.mark.parametrize("field", ["require_pkce", "rotate_refresh_tokens"])
def test_s_020_s_030_a_weakened_app_is_marked_on_its_page_and_in_the_list(
    browser: Browser, wiki: Client, field: str
) -> None:
    secrets.issue(wiki, timezone.now())
    path = f"{ADMIN}{wiki.pk}/change/"
    assert "warning" not in browser.get(path).content.decode()
    save(browser, wiki, **{field: None})
    assert 'class="warning"' in browser.get(path).content.decode()
    assert "⚠" in browser.get(ADMIN).content.decode()


def test_the_list_asks_for_the_secrets_of_all_apps_at_once(browser: Browser) -> None:
    """However many apps: one statement for their rows and one for their secrets, beside the page's own."""
    make_client()
    with CaptureQueriesContext(connection) as few:
        browser.get(ADMIN)
    for _ in range(5):
        make_client()
    with CaptureQueriesContext(connection) as many:
        browser.get(ADMIN)
    assert len(many) == len(few)


def test_s_020_a_public_app_can_not_be_weakened(browser: Browser) -> None:
    add(browser, token_endpoint_auth_method="none", require_pkce=None, rotate_refresh_tokens=None)
    client = Client.objects.get()
    assert client.require_pkce
    assert client.rotate_refresh_tokens


def test_a_new_secret_is_asked_about_then_shown_once(browser: Browser, wiki: Client) -> None:
    old = secrets.issue(wiki, timezone.now())
    path = f"{ADMIN}{wiki.pk}/secret/new/"
    wiki.refresh_from_db()
    asked = browser.get(path)
    assert "Yes, make it" in asked.content.decode()
    assert wiki.secrets.count() == 1
    value = shown_secret(browser.post(path, {"revision": wiki.revision}))
    assert opens(wiki, value)
    assert opens(wiki, old)


def test_a_page_sent_twice_makes_one_secret(browser: Browser, wiki: Client) -> None:
    path, form = f"{ADMIN}{wiki.pk}/secret/new/", {"revision": wiki.revision}
    shown_secret(browser.post(path, form))
    assert browser.post(path, form).status_code == 302
    assert wiki.secrets.count() == 1


def test_s_042_making_a_third_says_which_one_ends(browser: Browser, wiki: Client) -> None:
    oldest, newer = secrets.issue(wiki, timezone.now()), secrets.issue(wiki, timezone.now())
    wiki.refresh_from_db()
    path = f"{ADMIN}{wiki.pk}/secret/new/"
    page = browser.get(path).content.decode()
    assert f"…{oldest[-4:]}" in page
    assert f"…{newer[-4:]}" not in page
    browser.post(path, {"revision": wiki.revision})
    assert not opens(wiki, oldest)
    assert events(wiki)[-1].detail["ended"] == [oldest[-4:]]


def test_a_secret_is_ended_after_a_question(browser: Browser, wiki: Client) -> None:
    value = secrets.issue(wiki, timezone.now())
    path = f"{ADMIN}{wiki.pk}/secret/{wiki.secrets.get().pk}/end/"
    assert "It is the only one" in browser.get(path).content.decode()
    assert opens(wiki, value)
    assert browser.post(path)["Location"] == f"{ADMIN}{wiki.pk}/change/"
    assert not opens(wiki, value)
    assert [event.type for event in events(wiki)] == ["client.secret_ended"]


def test_a_secret_of_another_app_is_not_found(browser: Browser, wiki: Client) -> None:
    other = make_client(name="Other")
    secrets.issue(other, timezone.now())
    assert browser.post(f"{ADMIN}{wiki.pk}/secret/{other.secrets.get().pk}/end/").status_code == 404
    assert other.secrets.exists()


def test_a_public_app_has_no_secret_to_make(browser: Browser) -> None:
    client = make_client(token_endpoint_auth_method="none")
    assert browser.get(f"{ADMIN}{client.pk}/secret/new/").status_code == 404
    assert "Make new secret" not in browser.get(f"{ADMIN}{client.pk}/change/").content.decode()


def test_s_042_an_app_that_becomes_public_loses_its_secrets_for_good(browser: Browser, wiki: Client) -> None:
    secrets.issue(wiki, timezone.now())
    save(browser, wiki, token_endpoint_auth_method="none")
    assert not wiki.secrets.exists()


def with_permissions(*names: str) -> Browser:
    bob = make_user("bob", is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="idp"))
    browser = Browser()
    sign_in(browser, bob)
    return browser


def test_s_130_secrets_need_a_permission_of_their_own(wiki: Client) -> None:
    secrets.issue(wiki, timezone.now())
    wiki.refresh_from_db()
    bob = with_permissions("view_client", "change_client")
    page = bob.get(f"{ADMIN}{wiki.pk}/change/")
    assert page.status_code == 200
    assert "Make new secret" not in page.content.decode()
    assert "End this secret" not in page.content.decode()
    for path, form in (
        (f"{ADMIN}{wiki.pk}/secret/new/", {"revision": wiki.revision}),
        (f"{ADMIN}{wiki.pk}/secret/{wiki.secrets.get().pk}/end/", {}),
    ):
        assert bob.get(path).status_code == 403
        assert bob.post(path, form).status_code == 403
    assert wiki.secrets.count() == 1


def test_s_130_who_may_rotate_need_not_be_able_to_change(wiki: Client) -> None:
    bob = with_permissions("view_client", "rotate_client_secret")
    shown_secret(bob.post(f"{ADMIN}{wiki.pk}/secret/new/", {"revision": wiki.revision}))
    assert bob.post(f"{ADMIN}{wiki.pk}/change/", FORM).status_code == 403


@pytest.mark.parametrize("path", ["", "add/", "{pk}/change/", "{pk}/secret/new/", "{pk}/delete/"])
def test_s_130_nobody_else_comes_in(wiki: Client, path: str) -> None:
    mallory = Browser()
    sign_in(mallory, make_user("mallory"))
    for browser in (mallory, Browser()):
        for answer in (
            browser.get(ADMIN + path.format(pk=wiki.pk)),
            browser.post(ADMIN + path.format(pk=wiki.pk), FORM),
        ):
            assert answer.status_code in (302, 303, 403)
    assert Client.objects.count() == 1


def test_s_082_the_secret_pages_need_our_csrf_token(admin: User, wiki: Client) -> None:
    browser = Browser(enforce_csrf_checks=True)
    sign_in(browser, admin)
    assert browser.post(f"{ADMIN}{wiki.pk}/secret/new/", {"revision": wiki.revision}).status_code == 403
    assert not wiki.secrets.exists()


def act(browser: Browser, action: str, *clients: Client) -> None:
    chosen = [client.pk for client in clients]
    assert browser.post(ADMIN, {"action": action, "_selected_action": chosen}).status_code == 302


def test_apps_are_switched_off_and_on_in_the_list(browser: Browser, wiki: Client) -> None:
    other = make_client(name="Other")
    act(browser, "disable", wiki, other)
    assert not Client.objects.filter(enabled=True).exists()
    act(browser, "enable", wiki)
    assert list(Client.objects.filter(enabled=True)) == [wiki]
    assert [event.type for event in events(wiki)] == ["client.disabled", "client.enabled"]


def test_switching_off_reaches_other_processes(browser: Browser, wiki: Client) -> None:
    before = wiki.revision
    act(browser, "disable", wiki)
    wiki.refresh_from_db()
    assert wiki.revision != before


def test_an_app_is_deleted_after_a_question_that_says_what_ends(browser: Browser, wiki: Client) -> None:
    path = f"{ADMIN}{wiki.pk}/delete/"
    assert "0 sign-ins" in browser.get(path).content.decode()
    browser.post(path, {"post": "yes"})
    assert not Client.objects.exists()
    assert [event.type for event in events(wiki)] == ["admin.deleted"]


def test_s_080_names_are_escaped_everywhere(browser: Browser) -> None:
    client = make_client(name="<script>alert(1)</script>")
    secrets.issue(client, timezone.now())
    client.refresh_from_db()
    for response in (
        browser.get(ADMIN),
        browser.get(f"{ADMIN}{client.pk}/change/"),
        browser.get(f"{ADMIN}{client.pk}/secret/new/"),
        browser.post(f"{ADMIN}{client.pk}/secret/new/", {"revision": client.revision}),
        browser.get(f"{ADMIN}{client.pk}/delete/"),
    ):
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("has_group", [False, True])
def test_where_there_are_no_groups_the_form_says_so(has_group: bool) -> None:
    browser = Browser()
    sign_in(browser, make_admin("olga"))
    if has_group:
        Group.objects.create(name="chess")
    page = browser.get(f"{ADMIN}add/").content.decode()
    assert ("There are none yet" in page) is not has_group


def test_what_others_saved_meanwhile_is_not_undone_unawares(browser: Browser, wiki: Client) -> None:
    path = f"{ADMIN}{wiki.pk}/change/"
    form = filled(browser, path, name="Wiki of ours", seen=seen(browser.get(path)))
    wiki.redirect_uris = [URI, "https://new.example/callback"]
    wiki.save()
    answer = browser.post(path, form)
    assert "was changed after you had opened this page" in errors(answer)["__all__"][0]
    assert 'value="Wiki of ours"' in answer.content.decode(), "what was typed is still there"
    wiki.refresh_from_db()
    assert (wiki.name, len(wiki.redirect_uris)) == ("Wiki", 2)
    assert browser.post(path, {**form, "seen": seen(answer)}).status_code == 302
    wiki.refresh_from_db()
    assert (wiki.name, wiki.redirect_uris) == ("Wiki of ours", [URI])


def test_saving_twice_from_fresh_pages_is_no_conflict(browser: Browser, wiki: Client) -> None:
    path = f"{ADMIN}{wiki.pk}/change/"
    for name in ("First", "Second"):
        form = filled(browser, path, name=name, seen=seen(browser.get(path)))
        assert browser.post(path, form).status_code == 302
        wiki.refresh_from_db()
        assert wiki.name == name


def seen(page: HttpResponse) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]
