"""People over SCIM (RFC 7643 section 4.1, RFC 7644 section 3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.utils import timezone

from accounts import deletion, emails, own_data, roles
from accounts.models import AuditEvent, Session, User
from idp.models import ScimPerson
from tests.factories import PASSWORD, make_admin, make_session, make_user

from .conftest import USER, Scim

pytestmark = pytest.mark.django_db
WORDS = "a quite different set of words"


def test_a_person_is_made_with_all_that_is_kept_of_one(scim: Scim) -> None:
    made = scim.user(
        externalId="e-1",
        name={
            "givenName": "Alice",
            "familyName": "Liddell",
            "middleName": "P",
            "formatted": "Alice P Liddell",
        },
        displayName="Alice Liddell",
        nickName="Al",
        profileUrl="https://a.example/alice",
        locale="en_GB",
        timezone="Europe/London",
        emails=[{"value": "Alice@Example.com", "type": "work", "primary": True}],
        phoneNumbers=[{"value": "+44 (20) 7946-0018", "type": "mobile"}],
        photos=[{"value": "https://a.example/alice.png", "type": "photo"}],
        addresses=[{"locality": "Oxford", "country": "GB", "type": "home"}],
        title="nobody keeps this",
    )
    user = User.objects.get(pk=made["id"])
    assert (user.username, user.name, user.given_name, user.family_name, user.middle_name) == (
        "alice", "Alice Liddell", "Alice", "Liddell", "P",
    )  # fmt: skip
    assert (user.email, user.email_verified, user.locale, user.zoneinfo) == (
        "alice@example.com", False, "en-GB", "Europe/London",
    )  # fmt: skip
    assert (user.phone_number, user.picture) == ("+442079460018", "https://a.example/alice.png")
    assert user.address == {"locality": "Oxford", "country": "GB"}
    assert user.is_active
    assert not user.has_usable_password()
    assert made["emails"] == [{"value": "Alice@Example.com", "type": "work", "primary": True}]
    assert made["phoneNumbers"] == [{"value": "+44 (20) 7946-0018", "type": "mobile"}]
    assert made["externalId"] == "e-1"
    assert "title" not in made
    meta = made["meta"]
    assert meta["resourceType"] == "User"
    assert meta["location"] == f"http://localhost:8000/scim/v2/Users/{user.pk}"
    assert meta["created"]
    assert meta["lastModified"]
    assert meta["version"].startswith('W/"')
    assert AuditEvent.objects.get(type="user.created").actor == "scim:token:entra"


def test_what_was_made_is_read_again(scim: Scim) -> None:
    made = scim.user("alice", displayName="Alice")
    response = scim.get(f"/Users/{made['id']}")
    assert response.json() == made
    assert response["ETag"] == made["meta"]["version"]
    assert response["Content-Type"] == "application/scim+json"


@pytest.mark.parametrize(
    ("fields", "scim_type"),
    [
        ({"userName": None}, "invalidValue"),
        ({"userName": ""}, "invalidValue"),
        ({"userName": "no spaces here"}, "invalidValue"),
        ({"userName": "x\0y"}, "invalidValue"),
        ({"userName": "a@b@c"}, "invalidValue"),
        ({"userName": 7}, "invalidValue"),
        ({"timezone": "Mars/Olympus"}, "invalidValue"),
        ({"locale": "not a language"}, "invalidValue"),
        ({"displayName": "two\nlines"}, "invalidValue"),
        ({"displayName": "x" * 300}, "invalidValue"),
        ({"displayName": "\ud800"}, "invalidValue"),
        ({"emails": [{"value": "nowhere"}]}, "invalidValue"),
        ({"emails": "a@b.example"}, "invalidValue"),
        ({"emails": [{"value": "a@x.example", "primary": True}, {"value": "b@x.example", "primary": True}]},
         "invalidValue"),
        ({"profileUrl": "javascript:alert(1)"}, "invalidValue"),
        ({"photos": [{"value": "file:///etc/passwd"}]}, "invalidValue"),
        ({"addresses": [{"formatted": "x" * 600}]}, "invalidValue"),
        ({"phoneNumbers": [{"value": "1" * 65}]}, "invalidValue"),
        ({"externalId": "x" * 256}, "invalidValue"),
        ({"password": "short"}, "invalidValue"),
        ({"password": "password1234567"}, "invalidValue"),
        ({"password": "x" * 5000}, "invalidValue"),
        ({"active": "perhaps"}, "invalidValue"),
        ({"name": "Alice"}, "invalidValue"),
    ],
)  # fmt: skip
def test_a_person_is_refused_with(scim: Scim, fields: dict[str, Any], scim_type: str) -> None:
    response = scim("POST", "/Users", {"schemas": [USER], "userName": "alice", **fields})
    assert response.status_code == 400, response.content
    told = response.json()
    assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert told["status"] == "400"
    assert told["scimType"] in (scim_type, "invalidSyntax"), told
    assert not User.objects.exists()


class TestUserNames:
    def test_an_address_as_user_name_is_kept_beside_a_name_of_ours(self, scim: Scim) -> None:
        """Entra and Okta call people by an address, and a user name here holds no @."""
        made = scim.user("Alice.B@Example.com")
        user = User.objects.get(pk=made["id"])
        assert made["userName"] == "Alice.B@Example.com"
        assert (user.username, user.email) == ("alice.b", "alice.b@example.com")

    def test_two_at_different_places_get_names_of_their_own(self, scim: Scim) -> None:
        for domain in ("a", "b", "c"):
            scim.user(f"alice@{domain}.example")
        assert sorted(User.objects.values_list("username", flat=True)) == ["alice", "alice-2", "alice-3"]

    @pytest.mark.parametrize("name", ["!!!@a.example", "🦊@a.example", "'o'@a.example"])
    def test_an_address_of_which_no_name_can_be_made_gets_one(self, scim: Scim, name: str) -> None:
        response = scim("POST", "/Users", {"schemas": [USER], "userName": name, "emails": []})
        assert response.status_code in (201, 400)
        if response.status_code == 201:
            assert User.objects.get().username

    @pytest.mark.parametrize("taken", ["alice", "ALICE", "Ａlice"])
    def test_a_name_that_somebody_has_is_409(self, scim: Scim, taken: str) -> None:
        scim.user("alice")
        response = scim("POST", "/Users", {"schemas": [USER], "userName": taken})
        assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")

    def test_an_address_that_somebody_has_is_409(self, scim: Scim) -> None:
        make_user("alice")
        document = {"schemas": [USER], "userName": "other", "emails": [{"value": "ALICE@example.com"}]}
        response = scim("POST", "/Users", document)
        assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")

    def test_somebody_who_was_here_before_is_found_by_the_address_and_takes_the_name(
        self, scim: Scim
    ) -> None:
        alice = make_user("alice")
        (found,) = scim.listed("Users", filter='userName eq "alice@example.com"')["Resources"]
        assert found["id"] == str(alice.pk)
        scim.patch(f"/Users/{alice.pk}", {"op": "replace", "path": "userName", "value": "alice@example.com"})
        assert scim.found("Users", filter='userName eq "ALICE@example.com"') == ["alice@example.com"]
        assert scim.found("Users", filter='userName eq "alice"') == []

    def test_a_name_is_changed(self, scim: Scim) -> None:
        made = scim.user("alice")
        scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": "Alicia"})
        assert User.objects.get().username == "alicia"

    def test_a_name_that_another_has_can_t_be_taken(self, scim: Scim) -> None:
        scim.user("bob")
        made = scim.user("alice")
        response = scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": "bob"})
        assert response.status_code == 409
        assert User.objects.get(pk=made["id"]).username == "alice"


def test_external_ids_are_each_client_s_own(scim: Scim, scim_of: Any) -> None:
    made = scim.user("alice", externalId="e-1")
    okta = scim_of("okta")
    assert "externalId" not in okta.get(f"/Users/{made['id']}").json()
    okta.patch(f"/Users/{made['id']}", {"op": "add", "path": "externalId", "value": "o-1"})
    assert okta.found("Users", filter='externalId eq "o-1"') == ["alice"]
    assert scim.found("Users", filter='externalId eq "o-1"') == []
    assert scim.get(f"/Users/{made['id']}").json()["externalId"] == "e-1"
    renewed = scim_of("entra")
    assert renewed.get(f"/Users/{made['id']}").json()["externalId"] == "e-1"


def test_put_takes_away_what_it_does_not_say(scim: Scim) -> None:
    made = scim.user("alice", displayName="Alice", externalId="e-1", emails=[{"value": "a@x.example"}])
    response = scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "id": "other", "userName": "alice"})
    assert response.status_code == 200
    user = User.objects.get()
    assert (user.name, user.email, str(user.pk)) == ("", "", made["id"])
    assert "externalId" not in response.json()


class TestPasswords:
    def test_a_password_is_hashed_and_never_shown(self, scim: Scim) -> None:
        made = scim.user("alice", password=PASSWORD)
        assert "password" not in made
        assert User.objects.get().check_password(PASSWORD)
        assert PASSWORD not in str(list(AuditEvent.objects.values()))

    def test_s_111_a_new_password_ends_sessions(self, scim: Scim) -> None:
        made = scim.user("alice", password=PASSWORD)
        user = User.objects.get()
        session = make_session(user)
        response = scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "password", "value": WORDS})
        assert response.status_code == 200
        session.refresh_from_db()
        assert session.ended_at is not None
        assert User.objects.get().check_password(WORDS)
        assert AuditEvent.objects.filter(type="password.changed").exists()
        assert WORDS not in str(list(AuditEvent.objects.values()))

    def test_s_100_a_patch_is_under_the_rules_too(self, scim: Scim) -> None:
        made = scim.user("alice", password=PASSWORD)
        response = scim.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"password": "short"}})
        assert response.status_code == 400
        assert User.objects.get().check_password(PASSWORD)

    @pytest.mark.parametrize("filter_", [f'password eq "{PASSWORD}"', "password pr", 'password sw "c"'])
    def test_s_063_nobody_asks_for_a_password_by_filter(self, scim: Scim, filter_: str) -> None:
        scim.user("alice", password=PASSWORD)
        response = scim("POST", "/Users/.search", {"filter": filter_})
        assert (response.status_code, response.json()["scimType"]) == (400, "invalidFilter")


class TestActive:
    def test_s_111_false_ends_sessions_and_true_lets_in_again(self, scim: Scim) -> None:
        made = scim.user("alice")
        session = make_session(User.objects.get())
        path = f"/Users/{made['id']}"
        assert (
            scim.patch(path, {"op": "Replace", "path": "active", "value": "False"}).json()["active"] is False
        )
        session.refresh_from_db()
        assert session.end_reason == "person disabled"
        assert not User.objects.get().is_active
        assert scim.patch(path, {"op": "Replace", "value": {"active": "True"}}).json()["active"] is True
        assert User.objects.get().is_active
        assert {"user.disabled", "user.enabled"} <= set(AuditEvent.objects.values_list("type", flat=True))

    def test_a_person_may_come_disabled(self, scim: Scim) -> None:
        assert scim.user("alice", active=False)["active"] is False
        assert not User.objects.get().is_active

    def test_who_is_not_said_to_be_active_is(self, scim: Scim) -> None:
        assert scim.user("alice")["active"] is True

    def test_what_is_removed_is_not_shown_and_changes_nothing(self, scim: Scim) -> None:
        made = scim.user("alice", active=False)
        response = scim.patch(f"/Users/{made['id']}", {"op": "remove", "path": "active"})
        assert "active" not in response.json()
        assert not User.objects.get().is_active
        User.objects.update(is_active=True)
        assert scim.get(f"/Users/{made['id']}").json()["active"] is True

    def test_what_is_not_said_stays(self, scim: Scim) -> None:
        made = scim.user("alice", active=False)
        scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": "alice"})
        assert not User.objects.get().is_active


class TestDeleting:
    def test_a_deleted_person_is_disabled_now_and_gone_after_the_delay(
        self, scim: Scim, settings: Any
    ) -> None:
        made = scim.user("alice")
        session = make_session(User.objects.get())
        assert scim("DELETE", f"/Users/{made['id']}").status_code == 204
        session.refresh_from_db()
        user = User.objects.get()
        assert session.ended_at is not None
        assert not user.is_active
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            document = None if method in ("GET", "DELETE") else {"schemas": [USER], "userName": "alice"}
            assert scim(method, f"/Users/{made['id']}", document).status_code in (404, 400)
        assert scim.get(f"/Users/{made['id']}").status_code == 404
        assert scim.found("Users") == []
        deletion.carry_out(timezone.now() + settings.DELETION_DELAY + timedelta(minutes=1))
        assert not User.objects.exists()

    def test_an_admin_takes_it_back(self, scim: Scim) -> None:
        made = scim.user("alice")
        scim("DELETE", f"/Users/{made['id']}")
        deletion.cancel(User.objects.get(), actor="test")
        assert scim.get(f"/Users/{made['id']}").status_code == 200

    def test_the_name_is_free_at_once_for_somebody_else(self, scim: Scim) -> None:
        """RFC 7644 section 3.6; with a subject of its own, for it need not be the same person."""
        made = scim.user("alice@x.example")
        scim("DELETE", f"/Users/{made['id']}")
        again = scim.user("alice@x.example")
        assert again["id"] != made["id"]
        assert User.objects.count() == 1

    def test_somebody_who_leaves_by_themselves_is_still_seen(self, scim: Scim) -> None:
        made = scim.user("alice")
        deletion.ask(User.objects.get(), actor="test", now=timezone.now())
        assert scim.get(f"/Users/{made['id']}").status_code == 200


class TestEmail:
    def test_the_primary_address_is_the_one(self, scim: Scim) -> None:
        told = [{"value": "second@x.example"}, {"value": "first@x.example", "type": "work", "primary": True}]
        assert scim.user("alice", emails=told)["emails"] == [told[1]]
        assert User.objects.get().email == "first@x.example"

    def test_an_address_is_verified_by_a_client_that_vouches(self, scim_of: Any) -> None:
        scim_of("entra", vouches=True).user("alice", emails=[{"value": "a@x.example"}])
        user = User.objects.get()
        assert user.email_verified
        assert user.email_verified_by == "scim:token:entra"

    def test_another_address_has_to_be_verified_anew(self, scim: Scim) -> None:
        alice = make_user("alice")
        change = [{"op": "replace", "path": 'emails[type eq "work"].value', "value": "new@x.example"}]
        assert scim.patch(f"/Users/{alice.pk}", *change).status_code == 200
        alice.refresh_from_db()
        assert (alice.email, alice.email_verified) == ("new@x.example", False)

    def test_the_same_address_stays_verified(self, scim: Scim) -> None:
        alice = make_user("alice")
        scim.patch(f"/Users/{alice.pk}", {"op": "replace", "path": "displayName", "value": "Alice"})
        alice.refresh_from_db()
        assert alice.email_verified

    def test_s_107_the_old_address_is_told(
        self, scim: Scim, mailoutbox: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        alice = make_user("alice")
        with django_capture_on_commit_callbacks(execute=True):
            change = {"op": "replace", "path": "emails", "value": [{"value": "new@x.example"}]}
            scim.patch(f"/Users/{alice.pk}", change)
        emails.wait()
        assert [mail.to for mail in mailoutbox] == [["alice@example.com"]]


class TestAdmins:
    """S-130: SCIM makes no admins and touches none."""

    @pytest.fixture(params=["owner", "role", "staff", "rights"])
    def admin(self, request: Any) -> User:
        if request.param == "owner":
            return make_admin("root")
        user = make_user("root", is_staff=request.param == "staff")
        if request.param == "role":
            roles.assign(user, [roles.HELPDESK], actor="test")
        elif request.param == "rights":
            powerful = Group.objects.create(name="powerful")
            powerful.permissions.add(Permission.objects.first())  # type: ignore[arg-type]
            user.groups.add(powerful)
        return user

    @pytest.mark.parametrize(
        ("method", "document"),
        [
            ("PUT", {"schemas": [USER], "userName": "root", "password": WORDS}),
            ("PATCH", {"Operations": [{"op": "replace", "path": "active", "value": False}]}),
            (
                "PATCH",
                {
                    "Operations": [
                        {"op": "replace", "path": "emails", "value": [{"value": "me@evil.example"}]}
                    ]
                },
            ),
            ("DELETE", None),
        ],
    )
    def test_s_130_an_admin_is_seen_and_not_changed(
        self, scim: Scim, admin: User, method: str, document: Any
    ) -> None:
        before = User.objects.values().get(pk=admin.pk)
        if document:
            document = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], **document}
        assert scim.get(f"/Users/{admin.pk}").status_code == 200
        assert scim(method, f"/Users/{admin.pk}", document).status_code == 403
        assert User.objects.values().get(pk=admin.pk) == before

    @pytest.mark.parametrize("field", ["isSuperuser", "is_superuser", "is_staff", "roles", "entitlements"])
    def test_s_130_no_attribute_makes_one(self, scim: Scim, field: str) -> None:
        made = scim.user("alice", **{field: True if field.startswith("is") else [{"value": "owner"}]})
        scim.patch(f"/Users/{made['id']}", {"op": "add", "value": {field: [{"value": "owner"}]}})
        user = User.objects.get()
        assert (user.is_staff, user.is_superuser, user.groups.count()) == (False, False, 0)

    def test_s_130_who_was_deleted_and_made_an_admin_since_is_not_replaced(self, scim: Scim) -> None:
        made = scim.user("alice")
        scim("DELETE", f"/Users/{made['id']}")
        User.objects.update(is_superuser=True)
        assert scim("POST", "/Users", {"schemas": [USER], "userName": "alice"}).status_code == 403
        assert User.objects.get().is_superuser


def test_groups_are_shown_and_never_written(scim: Scim) -> None:
    made = scim.user("alice")
    inner = scim.group("inner", [made["id"]])
    outer = scim.group("outer", [inner["id"]])
    groups = scim.get(f"/Users/{made['id']}").json()["groups"]
    assert [(each["display"], each["type"], each["value"]) for each in groups] == [
        ("inner", "direct", inner["id"]), ("outer", "indirect", outer["id"]),
    ]  # fmt: skip
    assert groups[0]["$ref"] == inner["meta"]["location"]
    response = scim.patch(f"/Users/{made['id']}", {"op": "remove", "path": "groups"})
    assert (response.status_code, response.json()["scimType"]) == (400, "mutability")
    scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": "alice", "groups": []})
    assert len(scim.get(f"/Users/{made['id']}").json()["groups"]) == 2


def test_an_import_of_people_leaves_no_record_behind_when_it_fails(scim: Scim) -> None:
    scim("POST", "/Users", {"schemas": [USER], "userName": "alice@x.example", "externalId": "x" * 300})
    assert not ScimPerson.objects.exists()
    assert not AuditEvent.objects.filter(type="user.created").exists()


def test_a_person_s_download_has_what_provisioning_keeps(scim: Scim) -> None:
    scim.user("alice@x.example", externalId="e-1", phoneNumbers=[{"value": "0123 456"}])
    told = own_data.document(User.objects.get())["provisioning"]
    assert told["external_ids"] == [{"client": "token:entra", "id": "e-1"}]
    assert told["user_name"] == "alice@x.example"
    assert told["as_written"] == {"phone_numbers": {"value": "0123 456"}}


def test_sessions_are_untouched_by_a_change_of_name(scim: Scim) -> None:
    made = scim.user("alice")
    session = make_session(User.objects.get())
    scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "displayName", "value": "A"})
    assert Session.objects.get(pk=session.pk).ended_at is None


def test_the_audit_log_says_what_changed_and_its_chain_holds(scim: Scim) -> None:
    made = scim.user("alice")
    scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "displayName", "value": "A"})
    event = AuditEvent.objects.get(type="profile.changed")
    assert event.detail["changes"] == {"displayName": {"before": None, "after": "A"}}
    call_command("audit", "verify")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
@pytest.mark.parametrize(
    "fields",
    [
        lambda text: {"emails": [{"value": "a@b.example", "type": text}]},
        lambda text: {"phoneNumbers": [{"value": "0123 456", "type": text}]},
        lambda text: {"addresses": [{"formatted": "Here", "type": text}]},
        lambda text: {"name": {"familyName": text}},
        lambda text: {"externalId": text},
        lambda text: {text: "a"},
    ],
)
def test_s_015_no_text_of_a_document_is_one_that_no_database_holds(
    scim: Scim, fields: Any, text: str
) -> None:
    """M10"""
    document = {"schemas": [USER], "userName": "alice", **fields(text)}
    assert scim("POST", "/Users", document).status_code == 400
    bulk = {"Operations": [{"method": "POST", "path": "/Users", "bulkId": "b", "data": document}]}
    assert scim("POST", "/Bulk", bulk).status_code == 400
    assert not User.objects.exists()
