"""A group's page in the admin: members come and go there, and raw rights stay behind a fold of the owner's."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts import roles
from accounts.admin.members import SHOWN
from accounts.models import AuditEvent, GroupNode, User
from tests.factories import make_user, sign_in

pytestmark = pytest.mark.django_db
ADD = "/admin/auth/group/add/"


@pytest.fixture
def chess() -> Group:
    return Group.objects.create(name="chess")


@pytest.fixture
def manager(browser: Client) -> User:
    """A user manager: changes people and groups, but no admins."""
    user = make_user("mary")
    roles.assign(user, [roles.PEOPLE], actor="command")
    sign_in(browser, user)
    return user


def change(browser: Client, group: Group, **fields: Any) -> Any:
    return browser.post(f"/admin/auth/group/{group.pk}/change/", {"name": group.name, **fields})


def members(group: Group) -> set[str]:
    return set(group.user_set.values_list("username", flat=True))


@pytest.mark.parametrize("who", ["olga", "manager"])
def test_people_are_added_and_taken_out(browser: Client, chess: Group, who: str, request: Any) -> None:
    request.getfixturevalue(who)
    make_user("alice")
    bob, carol = make_user("bob"), make_user("carol")
    carol.groups.add(chess)
    answer = change(browser, chess, join=f"Alice\n\n{bob.email}\n", leave=[str(carol.pk)])
    assert answer.status_code == 302
    assert members(chess) == {"alice", "bob"}


def test_s_143_each_persons_groups_are_on_record(browser: Client, olga: User, chess: Group) -> None:
    alice = make_user("alice")
    change(browser, chess, join="alice")
    event = AuditEvent.objects.get(subject=f"user:{alice.pk}")
    assert (event.type, event.actor) == ("admin.changed", f"user:{olga.pk}")
    assert event.detail["changes"] == {"groups": {"before": [], "after": ["chess"]}}
    change(browser, chess, join="alice")
    assert AuditEvent.objects.filter(subject=f"user:{alice.pk}").count() == 1


def test_a_new_group_gets_its_people_at_once(browser: Client, olga: User) -> None:
    make_user("alice")
    browser.post(ADD, {"name": "hatters", "join": "alice"})
    assert members(Group.objects.get(name="hatters")) == {"alice"}


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("nobody", "Nobody here is called nobody."),
        ("alice\nno.such@example.com", "Nobody here is called no.such@example.com."),
        ("\n".join(f"p{number}" for number in range(501)), "At most 500 at once."),
    ],
)
def test_who_is_not_there_is_named_and_nobody_is_added(
    browser: Client, olga: User, chess: Group, typed: str, answer: str
) -> None:
    make_user("alice")
    assert answer in change(browser, chess, join=typed).content.decode()
    assert members(chess) == set()


def test_s_130_only_an_owner_changes_the_groups_of_admins(
    browser: Client, manager: User, chess: Group
) -> None:
    admin = make_user("henry", is_staff=True)
    page = change(browser, chess, join="henry").content.decode()
    assert "Only an owner changes the groups of admins: henry." in page
    admin.groups.add(chess)
    assert "henry" not in browser.get(f"/admin/auth/group/{chess.pk}/change/").content.decode()
    change(browser, chess, leave=[str(admin.pk)])
    assert members(chess) == {"henry"}


def test_s_130_a_group_with_rights_takes_nobody_from_a_manager(
    browser: Client, manager: User, chess: Group
) -> None:
    make_user("alice")
    chess.permissions.add(Permission.objects.all()[0])
    assert change(browser, chess, join="alice").status_code == 403
    assert members(chess) == set()


def test_s_130_who_changes_groups_but_not_people_changes_no_members(browser: Client, chess: Group) -> None:
    make_user("alice")
    ivan = make_user("ivan", is_staff=True)
    ivan.user_permissions.set(Permission.objects.filter(codename__in=["change_group", "view_group"]))
    sign_in(browser, ivan)
    change(browser, chess, join="alice")
    assert members(chess) == set()


def test_s_130_nobody_gets_a_role_by_its_groups_page(browser: Client, olga: User) -> None:
    make_user("alice")
    role = GroupNode.objects.get(role=roles.PEOPLE).group
    page = browser.get(f"/admin/auth/group/{role.pk}/change/").content.decode()
    assert "Can change person" in page
    assert change(browser, role, join="alice").status_code == 403
    assert members(role) == set()


@pytest.mark.parametrize(("who", "has_rights"), [("olga", True), ("manager", False)])
def test_raw_rights_are_folded_and_for_owners(
    browser: Client, chess: Group, who: str, has_rights: bool, request: Any
) -> None:
    request.getfixturevalue(who)
    assert 'name="permissions"' not in browser.get(ADD).content.decode()
    page = browser.get(f"/admin/auth/group/{chess.pk}/change/").content.decode()
    assert ('name="permissions"' in page) == has_rights
    assert "kept form" not in page
    person = browser.get(f"/admin/accounts/user/{make_user('alice').pk}/change/").content.decode()
    assert ('name="user_permissions"' in person) == has_rights


def test_adding_a_person_asks_only_what_can_be_known(browser: Client, olga: User) -> None:
    page = browser.get("/admin/accounts/user/add/").content.decode()
    assert "A mail with a link to choose a password" in page
    for absent in ("Subject:", "Last login:", "Proved by:", "Groups:", "user_permissions", "is_active"):
        assert absent not in page
    Group.objects.create(name="chess")
    assert "Groups:" in browser.get("/admin/accounts/user/add/").content.decode()


@pytest.mark.usefixtures("olga")
def test_all_that_can_be_ticked_can_be_taken_out_at_once(browser: Client, chess: Group) -> None:
    """S-014 bounds how many fields a form may have."""
    people = [make_user(f"member{number:03}") for number in range(SHOWN + 1)]
    chess.user_set.add(*people)
    page = browser.get(f"/admin/auth/group/{chess.pk}/change/").content.decode()
    assert f"The first {SHOWN}; the others from their own pages." in page
    answer = change(browser, chess, join="", part_of="", leave=[str(user.pk) for user in people[:SHOWN]])
    assert answer.status_code == 302
    assert members(chess) == {people[SHOWN].username}


@pytest.mark.parametrize(("role", "is_link"), [(roles.PEOPLE, True), (roles.CLIENTS, False)])
def test_members_are_a_link_for_who_may_open_it(
    browser: Client, chess: Group, role: str, is_link: bool
) -> None:
    user = make_user("mary")
    roles.assign(user, [role], actor="command")
    sign_in(browser, user)
    make_user("alice").groups.add(chess)
    page = browser.get(f"/admin/auth/group/{chess.pk}/change/").content.decode()
    assert (f"?groups__id__exact={chess.pk}" in page) == is_link
