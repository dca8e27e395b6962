"""Roles by endpoint (S-130): what each may open and do in the admin, and that the table has every page and action."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from accounts import audit, invitations, roles
from accounts.models import AuditEvent, GroupNode, Session, User
from idp.admin import tabs, urls
from tests.factories import make_admin, make_session, make_user, sign_in

from .conftest import event_types

pytestmark = pytest.mark.django_db
OWNER = "owner"
V, H, C, P, K = roles.VIEWER, roles.HELPDESK, roles.CLIENTS, roles.PEOPLE, roles.KEYS
EVERYBODY = (V, H, C, P, K, OWNER)
LETTERS = dict(zip("VHCPKO", EVERYBODY, strict=True))

# Who may look at a kind of thing (its list, its page, its history), add one, change one, delete one.
MODELS: dict[str, tuple[str, str, str, str]] = {
    "accounts_user": ("VHPO", "PO", "PO", "PO"),
    "accounts_session": ("VHPO", "", "", ""),
    "accounts_invitation": ("VHPO", "PO", "", ""),
    "accounts_auditevent": ("VHCPKO", "", "", ""),
    "accounts_terms": ("VO", "O", "O", "O"),
    "accounts_attribute": ("VPO", "PO", "PO", "PO"),
    "accounts_grouppolicy": ("VPO", "O", "O", "O"),
    "idp_claimmapping": ("VCO", "CO", "CO", "CO"),
    "auth_group": ("VHCPO", "PO", "PO", "PO"),
    "idp_client": ("VCO", "CO", "CO", "CO"),
    "idp_upstream": ("VO", "O", "O", "O"),  # who it lets in as whom is for owners to say
    "idp_api": ("VCO", "CO", "CO", ""),
    "idp_registrationtoken": ("VCO", "CO", "", "CO"),
    "idp_scimtoken": ("VPO", "PO", "", "PO"),
    "idp_grant": ("VCPO", "", "", ""),
    "idp_consent": ("VCPO", "", "", ""),
    "idp_logoutnotice": ("VCO", "", "", ""),
    "idp_trace": ("VCO", "", "", ""),
    "keys_signingkey": ("VKO", "", "", ""),
}
# Pages of their own.
PAGES = {"idp_client_new_secret": "CO", "idp_client_end_secret": "CO", "accounts_user_impersonate": "HPO"}
PAGES |= {f"accounts_auditevent_{page}": "VHCPKO" for page in ("csv", "jsonl", "verify")}
PAGES |= {"keys_signingkey_rotate": "KO", "keys_signingkey_revoke": "KO"}
PAGES |= {"doctor": "VO"}  # who sees both apps and keys
# The tabs of an app's page (idp.admin.tabs), by the right that each asks for beside seeing apps.
TABS = {
    "idp.view_client": "VCO",
    "idp.view_grant": "VCO",
    "idp.view_trace": "VCO",
    "idp.change_client": "CO",
}
PAGES |= {"idp_client_gallery": "CO", "idp_client_from_template": "CO"}
PAGES |= {tab.url_name: TABS[tab.permission] for tab in tabs.TABS}
# For everybody who may enter, and for those that a page sends there.
SITE = {"index": EVERYBODY, "jsi18n": EVERYBODY}
ELSEWHERE = {
    "continue",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "view_on_site",
    "app_list",
}
ACTIONS: dict[str, dict[str, str]] = {
    "accounts_user": {
        "disable": "PO", "enable": "PO", "lift_block": "HPO", "require_new_password": "HPO", "end_sessions": "HPO",
        "send_reset": "HPO", "reset_factors": "HPO", "recovery_link": "PO", "delete_selected": "PO",
    },
    "accounts_session": {"end": "HPO"},
    "accounts_invitation": {"send_again": "HPO", "withdraw": "PO"},
    "accounts_auditevent": {},
    "accounts_terms": {},
    "accounts_attribute": {"delete_selected": "PO"},
    "accounts_grouppolicy": {"delete_selected": "O"},
    "idp_claimmapping": {"delete_selected": "CO"},
    "auth_group": {"delete_selected": "PO"},
    "idp_client": {"enable": "CO", "disable": "CO", "delete_selected": "CO"},
    "idp_upstream": {"delete_selected": "O"},
    "idp_api": {},
    "idp_registrationtoken": {"revoke": "CO", "delete_selected": "CO"},
    "idp_scimtoken": {"revoke": "PO", "delete_selected": "PO"},
    "idp_grant": {"revoke": "CPO"},
    "idp_consent": {"withdraw": "CPO"},
    "idp_logoutnotice": {},
    "idp_trace": {},
    "keys_signingkey": {},
}  # fmt: skip


def allowed(letters: str) -> set[str]:
    return {LETTERS[letter] for letter in letters}


@pytest.fixture(autouse=True)
def impersonation(settings: Any) -> None:
    settings.IMPERSONATION = True


@pytest.fixture
def somebody() -> Any:
    def make(role: str) -> User:
        if role == OWNER:
            return make_admin()
        user = make_user()
        roles.assign(user, [role], actor="test")
        return User.objects.get(pk=user.pk)

    return make


@pytest.fixture
def things() -> dict[str, Model]:
    """One of each kind that there is a page of."""
    from accounts.models import Attribute, GroupPolicy, Terms
    from idp.models import (
        Api,
        ClaimMapping,
        ClientSecret,
        Consent,
        Grant,
        LogoutNotice,
        RegistrationToken,
        ScimToken,
        Trace,
        Upstream,
    )
    from idp.models import Client as App
    from keys import rotation
    from keys.models import SigningKey

    now = timezone.now()
    bob = make_user("bob")
    session = make_session(bob)
    app = App.objects.create(name="App", redirect_uris=["https://a.example/cb"])
    invitations.send(bob, actor="test", now=now)
    audit.record("user.created", subject=bob)
    rotation.ensure_schedule(now)
    grant = Grant(user=bob, client=app, session=session, scope="openid", auth_time=now, amr=[])
    return {
        "accounts_user": bob,
        "accounts_session": session,
        "accounts_invitation": bob.invitation,
        "accounts_auditevent": AuditEvent.objects.latest("id"),
        "accounts_terms": Terms.objects.create(version="1", text="x"),
        "accounts_attribute": Attribute.objects.create(name="team", label="Team"),
        "accounts_grouppolicy": GroupPolicy.objects.create(group=Group.objects.create(name="go")),
        "idp_claimmapping": ClaimMapping.objects.create(claim="team", source="attribute.team", scope="team"),
        "idp_upstream": Upstream.objects.create(name="Up", slug="up", preset="google", client_id="x"),
        "auth_group": Group.objects.create(name="chess"),
        "idp_client": app,
        "idp_consent": Consent.objects.create(user=bob, client=app, scope="openid", given_at=now),
        "secret": ClientSecret.objects.create(client=app, digest="x", hint="abcd", created_at=now),
        "idp_trace": Trace.objects.create(
            reference="0123456789abcdef",
            at=now,
            endpoint="token",
            failed="pkce",
            client_id=app.client_id,
            detail={"reason": "", "parameters": [], "grant_type": "", "facts": {}},
        ),
        "keys_signingkey": SigningKey.objects.first(),  # type: ignore[dict-item]
        "idp_scimtoken": ScimToken.objects.create(
            digest="x", hint="x", client="x", created_at=now, expires_at=now
        ),
        **_of_the_protocol(grant, Api, RegistrationToken, LogoutNotice, now),
    }


def _of_the_protocol(grant: Any, api: Any, token: Any, notice: Any, now: Any) -> dict[str, Model]:
    made: dict[str, Model] = {}
    for name, model, fields in (
        ("idp_api", api, {"identifier": "https://api.example", "name": "API"}),
        ("idp_registrationtoken", token, {}),
        ("idp_logoutnotice", notice, {}),
    ):
        thing = model(**fields)
        for field in model._meta.concrete_fields:
            if field.name in fields or field.primary_key or field.has_default() or field.null:
                continue
            kind = field.get_internal_type()
            if kind == "DateTimeField":
                setattr(thing, field.attname, now)
            elif kind == "ForeignKey":
                value = {"client": grant.client, "session": grant.session, "user": grant.user, "grant": None}
                setattr(thing, field.name, value.get(field.name))
            elif kind in ("PositiveIntegerField", "PositiveSmallIntegerField", "IntegerField"):
                setattr(thing, field.attname, 1)
            elif not field.blank:
                setattr(thing, field.attname, "x")
        thing.save()
        made[name] = thing
    for field in grant._meta.concrete_fields:
        if (
            field.get_internal_type() == "DateTimeField"
            and not field.null
            and getattr(grant, field.attname) is None
        ):
            setattr(grant, field.attname, now)
    grant.save()
    made["idp_grant"] = grant
    return made


def patterns(found: Any = None) -> Iterator[URLPattern]:
    for each in urls.urlpatterns if found is None else found:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns)
        else:
            yield each


def of_model(name: str) -> tuple[str, str] | None:
    model, _, page = name.rpartition("_")
    return (model, page) if page in ("changelist", "add", "history", "change", "delete") else None


def test_s_130_the_table_has_every_page_of_the_admin() -> None:
    names = {pattern.name for pattern in patterns() if pattern.name}
    listed = {
        f"{model}_{page}" for model in MODELS for page in ("changelist", "add", "history", "change", "delete")
    }
    assert names - listed == set(PAGES) | set(SITE) | ELSEWHERE
    assert listed <= names


def test_s_130_the_table_has_every_action_of_the_admin() -> None:
    request = RequestFactory().get("/admin/")
    request.user = make_admin()
    known = {
        f"{model._meta.app_label}_{model._meta.model_name}": set(site.get_actions(request))
        for model, site in admin.site._registry.items()
    }
    assert known == {model: set(actions) for model, actions in ACTIONS.items()}


@pytest.mark.parametrize("role", EVERYBODY)
def test_s_130_what_a_role_may_open(
    role: str, somebody: Any, things: dict[str, Model], browser: Client
) -> None:
    sign_in(browser, somebody(role))
    wrong = []
    for path, letters in pages(things):
        status = browser.get(path, follow=path.endswith("/history/")).status_code
        if (status == 200) is not (role in allowed(letters)):
            wrong.append(f"{path}: {status}")
        assert status in (200, 302, 403), path
    assert wrong == []


def pages(things: dict[str, Model]) -> Iterator[tuple[str, str]]:
    for name, (view, add, change, delete) in MODELS.items():
        pk = [quote(things[name].pk)]
        yield reverse(f"admin:{name}_changelist"), view
        yield reverse(f"admin:{name}_change", args=pk), "".join(sorted(set(view + change)))
        yield reverse(f"admin:{name}_history", args=pk), view
        yield reverse(f"admin:{name}_add"), add
        yield reverse(f"admin:{name}_delete", args=pk), delete
    client, secret = things["idp_client"].pk, things["secret"].pk
    yield reverse("admin:idp_client_new_secret", args=[client]), PAGES["idp_client_new_secret"]
    yield reverse("admin:idp_client_end_secret", args=[client, secret]), PAGES["idp_client_end_secret"]
    yield reverse("admin:idp_client_gallery"), PAGES["idp_client_gallery"]
    yield reverse("admin:idp_client_from_template", args=["grafana"]), PAGES["idp_client_from_template"]
    yield from ((reverse(f"admin:{tab.url_name}", args=[client]), PAGES[tab.url_name]) for tab in tabs.TABS)
    yield reverse("admin:accounts_user_impersonate", args=[things["accounts_user"].pk]), "HPO"
    yield reverse("admin:doctor"), PAGES["doctor"]
    for page in ("csv", "jsonl"):
        yield reverse(f"admin:accounts_auditevent_{page}"), PAGES[f"accounts_auditevent_{page}"]
    yield reverse("admin:keys_signingkey_rotate", args=["RS256"]), PAGES["keys_signingkey_rotate"]
    key = things["keys_signingkey"].kid  # type: ignore[attr-defined]
    yield reverse("admin:keys_signingkey_revoke", args=[key]), PAGES["keys_signingkey_revoke"]
    yield reverse("admin:index"), "VHCPKO"


@pytest.mark.parametrize("role", EVERYBODY)
def test_s_130_what_a_role_may_change(
    role: str, somebody: Any, things: dict[str, Model], browser: Client
) -> None:
    """An empty form changes nothing: 403 is the refusal, anything else the form that comes back."""
    sign_in(browser, somebody(role))
    wrong = []
    for name, (_, _, change, _) in MODELS.items():
        path = reverse(f"admin:{name}_change", args=[quote(things[name].pk)])
        if (browser.post(path, {}).status_code != 403) is not (role in allowed(change)):
            wrong.append(path)
    assert wrong == []


@pytest.mark.parametrize("role", EVERYBODY)
def test_s_130_which_actions_a_role_has(role: str, somebody: Any) -> None:
    request = RequestFactory().get("/admin/")
    request.user = somebody(role)
    has = {
        f"{model._meta.app_label}_{model._meta.model_name}": set(site.get_actions(request))
        for model, site in admin.site._registry.items()
    }
    assert has == {
        model: {name for name, letters in actions.items() if role in allowed(letters)}
        for model, actions in ACTIONS.items()
    }


class TestHelpdesk:
    @pytest.fixture(autouse=True)
    def helper(self, somebody: Any, browser: Client) -> User:
        helper: User = somebody(H)
        sign_in(browser, helper)
        return helper

    def act(self, browser: Client, action: str, user: User) -> None:
        chosen = {"_selected_action": [str(user.pk)], "confirmed": "yes"}
        browser.post("/admin/accounts/user/", {"action": action, **chosen})

    @pytest.mark.parametrize("action", ["require_new_password", "end_sessions", "send_reset"])
    @pytest.mark.parametrize("rank", [H, K, OWNER])
    def test_s_130_cannot_touch_admins(
        self, browser: Client, somebody: Any, rank: str, action: str, mails: Any
    ) -> None:
        admin = somebody(rank)
        session = make_session(admin)
        self.act(browser, action, admin)
        session.refresh_from_db()
        admin.refresh_from_db()
        assert session.ended_at is None
        assert not admin.must_change_password
        assert mails() == []

    def test_s_130_cannot_end_an_admins_session(self, browser: Client, somebody: Any) -> None:
        session = make_session(somebody(K))
        browser.post("/admin/accounts/session/", {"action": "end", "_selected_action": [session.pk]})
        session.refresh_from_db()
        assert session.ended_at is None

    def test_helps_everybody_else(self, browser: Client, mails: Any) -> None:
        bob = make_user("bob")
        session = make_session(bob)
        self.act(browser, "end_sessions", bob)
        self.act(browser, "send_reset", bob)
        session.refresh_from_db()
        assert session.ended_at is not None
        assert [mail.to for mail in mails()] == [["bob@example.com"]]

    @pytest.mark.parametrize("path", ["change/", "password/", "../add/"])
    def test_s_130_cannot_set_passwords_or_addresses(self, browser: Client, path: str) -> None:
        """Who can choose an address can have a link sent there."""
        bob = make_user("bob", password="!")
        before = (bob.password, bob.email)
        form = {
            "username_display": "bob",
            "email": "me@evil.example",
            "password": "x",
            "new_password": "x" * 20,
        }
        assert browser.post(f"/admin/accounts/user/{bob.pk}/{path}", form).status_code in (302, 403, 404)
        bob.refresh_from_db()
        assert (bob.password, bob.email) == before


class TestUserManagers:
    @pytest.fixture(autouse=True)
    def manager(self, somebody: Any, browser: Client) -> User:
        manager: User = somebody(P)
        sign_in(browser, manager)
        return manager

    def form(self, **change: Any) -> dict[str, Any]:
        return {
            "username_display": "bob",
            "email": "bob@example.com",
            "is_active": "on",
            "address": "{}",
            **change,
        }

    @pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
    def test_s_130_make_no_admins(self, browser: Client, field: str) -> None:
        bob = make_user("bob")
        role = Group.objects.get(node__role=K)
        powerful = Group.objects.create(name="powerful")
        powerful.permissions.set(role.permissions.all())
        path = f"/admin/accounts/user/{bob.pk}/change/"
        assert browser.post(path, self.form(**{field: "on", "roles": [K]})).status_code == 302
        for group in (role, powerful):
            assert browser.post(path, self.form(groups=[group.pk])).status_code == 200
        bob.refresh_from_db()
        assert (bob.is_staff, bob.is_superuser, roles.of(bob), bob.groups.count()) == (False, False, [], 0)

    def test_s_130_give_no_rights_to_a_group(self, browser: Client) -> None:
        chess = Group.objects.create(name="chess")
        right = Group.objects.get(node__role=K).permissions.first()
        browser.post(f"/admin/auth/group/{chess.pk}/change/", {"name": "chess", "permissions": [right.pk]})
        browser.post("/admin/auth/group/add/", {"name": "new", "permissions": [right.pk]})
        assert not chess.permissions.exists()
        assert not Group.objects.get(name="new").permissions.exists()

    def test_s_130_cannot_change_or_delete_a_group_with_rights(self, browser: Client) -> None:
        powerful = Group.objects.create(name="powerful")
        powerful.permissions.set(Group.objects.get(node__role=K).permissions.all())
        for group in (powerful, Group.objects.get(node__role=K)):
            assert browser.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
            data = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
            browser.post("/admin/auth/group/", data)
            assert Group.objects.filter(pk=group.pk).exists()

    def test_keep_what_is_not_theirs_to_give(self, browser: Client) -> None:
        bob, powerful = make_user("bob"), Group.objects.create(name="powerful")
        powerful.permissions.set(Group.objects.get(node__role=K).permissions.all())
        bob.groups.add(powerful)
        chess = Group.objects.create(name="chess")
        browser.post(f"/admin/accounts/user/{bob.pk}/change/", self.form(groups=[chess.pk]))
        assert set(bob.groups.all()) == {powerful, chess}

    def test_invite_nobody_into_a_group_with_rights(self, browser: Client, mails: Any) -> None:
        role = Group.objects.get(node__role=K)
        data = {"people": "email,groups\na@example.com,Signet key manager", "invite": "1"}
        assert "that you may give" in browser.post("/admin/accounts/invitation/add/", data).content.decode()
        data = {"people": "a@example.com", "groups": [role.pk], "invite": "1"}
        assert browser.post("/admin/accounts/invitation/add/", data).status_code == 200
        assert not User.objects.filter(email="a@example.com").exists()


class TestRoles:
    def test_are_given_by_owners_on_a_persons_page_and_end_the_sessions(self, browser: Client) -> None:
        sign_in(browser, make_admin("olga"))
        bob = make_user("bob")
        session = make_session(bob)
        path = f"/admin/accounts/user/{bob.pk}/change/"
        form = {"username_display": "bob", "email": "bob@example.com", "is_active": "on", "address": "{}"}
        assert browser.post(path, {**form, "roles": [V, C]}).status_code == 302
        bob = User.objects.get(pk=bob.pk)
        assert (roles.of(bob), bob.is_staff) == ([V, C], True)
        assert Session.objects.get(pk=session.pk).end_reason == "roles changed"
        assert "roles.changed" in event_types()
        browser.post(path, {**form, "is_staff": "on"})
        bob = User.objects.get(pk=bob.pk)
        assert (roles.of(bob), bob.is_staff) == ([], False)

    def test_are_no_groups_that_apps_hear_of_or_are_for(self, somebody: Any) -> None:
        from accounts import groups

        user = somebody(V)
        assert groups.names(user) == []
        assert not groups.ordinary().filter(node__role__gt="").exists()

    def test_are_set_right_at_every_migration(self) -> None:
        group = Group.objects.get(node__role=H)
        before = set(group.permissions.all())
        group.permissions.set(Group.objects.get(node__role=P).permissions.all())
        GroupNode.objects.get(role=K).group.delete()
        roles.sync()
        assert set(group.permissions.all()) == before
        assert Group.objects.get(node__role=K).permissions.exists()

    def test_leave_a_group_of_that_name_alone(self) -> None:
        GroupNode.objects.get(role=V).group.delete()
        own = Group.objects.create(name="Signet viewer")
        roles.sync()
        assert not own.permissions.exists()
        assert Group.objects.get(node__role=V).name == "Signet viewer (role)"

    def test_are_set_by_the_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        import json

        from django.core.management import call_command

        make_user("bob")
        call_command("user", "roles", "bob", "--role", "helpdesk", "--role", "viewer", "--json")
        assert json.loads(capsys.readouterr().out)["roles"] == [V, H]
        call_command("user", "roles", "bob", "--json")
        shown = json.loads(capsys.readouterr().out)
        assert (shown["roles"], shown["staff"], shown["groups"]) == ([], False, [])
