"""Lists: filters, order, pages and chosen attributes (RFC 7644 sections 3.4.2, 3.4.3 and 3.9)."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from idp.scim import schemas
from tests.factories import make_user

from .conftest import GROUP, USER, Scim, make_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(scim: Scim) -> dict[str, Any]:
    """Alice, Bob, and Carol, who has nothing but a name."""
    alice = scim.user(
        "Alice", displayName="Alice Liddell", externalId="X-1", locale="en", timezone="Europe/London",
        name={"givenName": "Alice", "familyName": "Liddell"}, nickName="Al 100%",
        emails=[{"value": "alice@x.example", "type": "home", "primary": True}],
    )  # fmt: skip
    bob = scim.user(
        "bob@y.example", displayName="Bob", active=False, name={"givenName": "Bob", "familyName": "Öztürk"},
        emails=[{"value": "Bob@y.example"}],
    )  # fmt: skip
    carol = scim.user("carol")
    inner = scim.group("inner", [alice["id"]])
    outer = scim.group("outer", [inner["id"], bob["id"]])
    return {
        "alice": alice["id"],
        "bob": bob["id"],
        "carol": carol["id"],
        "inner": inner["id"],
        "outer": outer["id"],
    }


A, B, C = "Alice", "bob@y.example", "carol"
ALL = {A, B, C}


@pytest.mark.parametrize(
    ("filter_", "who"),
    [
        # userName, by which provisioning clients look for people; never by case
        ('userName eq "alice"', {A}),
        ('USERNAME EQ "ALICE"', {A}),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "alice"', {A}),
        ('userName eq "BOB@Y.example"', {B}),
        ('userName eq "bob"', set()),
        ('userName ne "alice"', {B, C}),
        ('userName sw "a"', {A}),
        ('userName sw "BOB@"', {B}),
        ('userName ew "l"', {C}),
        ('userName co "@"', {B}),
        ('userName gt "alice"', {B, C}),
        ('userName ge "alice"', ALL),
        ('userName lt "bob@y.example"', {A}),
        ('userName le "bob@y.example"', {A, B}),
        ("userName pr", ALL),
        # strings
        ('displayName eq "ALICE liddell"', {A}),
        ('displayName ne "Bob"', {A, C}),
        ("displayName pr", {A, B}),
        ("not (displayName pr)", {C}),
        ('displayName eq null', {C}),
        ('displayName ne null', {A, B}),
        ('nickName co "%"', {A}),
        ('nickName co "_"', set()),
        ('nickName ew "100%"', {A}),
        ('name.familyName eq "liddell"', {A}),
        ('name.givenName sw "b"', {B}),
        ('locale eq "en"', {A}),
        ('timezone ew "london"', {A}),
        ("name.middleName pr", set()),
        # caseExact
        ('externalId eq "X-1"', {A}),
        ('externalId eq "x-1"', set()),
        ('externalId ne "X-1"', {B, C}),
        ("externalId pr", {A}),
        ('externalId sw "X"', {A}),
        # e-mail
        ('emails eq "alice@x.example"', {A}),
        ('emails.value eq "BOB@Y.EXAMPLE"', {B}),
        ('emails.value co "example"', {A, B}),
        ('emails[type eq "home"]', {A}),
        ('emails[type eq "work"]', set()),
        ('emails[value eq "alice@x.example" and type eq "home"]', {A}),
        ('emails[value eq "alice@x.example" and type eq "work"]', set()),
        ('emails[type eq "home"].value eq "alice@x.example"', {A}),
        ('emails[type eq "home" and primary eq true]', {A}),
        ('emails[not (type eq "home")]', {B}),
        ("emails pr", {A, B}),
        ("not (emails pr)", {C}),
        # others
        ("active eq true", {A, C}),
        ("active eq false", {B}),
        ("active ne true", {B}),
        ("not (active eq true)", {B}),
        ('meta.resourceType eq "User"', ALL),
        ('meta.resourceType eq "Group"', set()),
        (f'schemas eq "{USER}"', ALL),
        ('meta.created gt "2011-05-13T04:42:34Z"', ALL),
        ('meta.lastModified lt "2011-05-13T04:42:34Z"', set()),
        ('meta.created le "2999-05-13T04:42:34+05:00"', ALL),
        ('groups.value eq "{inner}"', {A}),
        ('groups.value eq "{outer}"', {A, B}),
        ('groups eq "{inner}"', {A}),
        ('groups[display eq "outer"]', {A, B}),
        ('not (groups.display eq "outer")', {C}),
        ("groups pr", {A, B}),
        ('id eq "{carol}"', {C}),
        ('id ne "{carol}"', {A, B}),
        ('id eq "5"', set()),
        # and, or, not, in their order
        ('userName eq "alice" or userName eq "carol"', {A, C}),
        ('active eq true and displayName pr', {A}),
        ('userName eq "carol" or active eq true and displayName pr', {A, C}),
        ('(userName eq "carol" or active eq true) and displayName pr', {A}),
        ('not (userName eq "alice" or userName eq "carol")', {B}),
        ('not (not (userName eq "alice"))', {A}),
        # What no database can hold is nobody's
        ('userName eq "a\\u0000"', set()),
        ('displayName co "\\ud800"', set()),
    ],
)  # fmt: skip
def test_a_filter_finds(scim: Scim, three: dict[str, Any], filter_: str, who: set[str]) -> None:
    for name, pk in three.items():
        filter_ = filter_.replace(f"{{{name}}}", pk)
    assert set(scim.found("Users", filter=filter_)) == who
    posted = scim("POST", "/Users/.search", {"filter": filter_}).json()
    assert {each["userName"] for each in posted["Resources"]} == who


@pytest.mark.parametrize(
    "filter_",
    [
        "userName", "userName eq", "eq 5", 'userName xx "a"', "(userName pr", 'userName eq "a" and', "()",
        'userName eq "a" userName eq "b"', 'emails[type eq "work"', 'nothing eq "a"', "name.nothing pr",
        'active gt "x"', "active sw true", 'active eq "perhaps"', 'meta.created gt "yesterday"',
        'meta.created co "2011"', 'meta.created gt "0001-01-01T00:00:00+23:59"', 'displayName sw 5',
        'userName[value eq "a"]', 'phoneNumbers.value eq "1"', 'addresses.country eq "GB"', 'id sw "a"',
        'emails.type co "o"', 'groups.value sw "1"', 'groups[value eq "1" and display eq "x"]', 'meta.version pr',
        " or ".join(['userName eq "a"'] * 101), "not (" * 40 + "userName pr" + ")" * 40, "\x01", "'",
    ],
)  # fmt: skip
def test_a_filter_is_refused(scim: Scim, filter_: str) -> None:
    response = scim("POST", "/Users/.search", {"filter": filter_})
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidFilter"), response.content


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ('displayName eq "INNER"', {"inner"}),
        ('displayName sw "o"', {"outer"}),
        ('members.value eq "{alice}"', {"inner"}),
        ('members eq "{bob}"', {"outer"}),
        ('members[value eq "{inner}"]', {"outer"}),
        ('members eq "{carol}"', set()),
        ('members eq "nobody"', set()),
        ("members pr", {"inner", "outer"}),
        ('id eq "{inner}"', {"inner"}),
        ('id eq "99999999999999999999999"', set()),
        ('meta.resourceType eq "Group" and not (displayName eq "outer")', {"inner"}),
        (f'schemas eq "{GROUP}"', {"inner", "outer"}),
    ],
)
def test_a_filter_finds_groups(scim: Scim, three: dict[str, Any], filter_: str, names: set[str]) -> None:
    for name, pk in three.items():
        filter_ = filter_.replace(f"{{{name}}}", pk)
    assert set(scim.found("Groups", filter=filter_)) == names


def test_from_the_root_both_are_found(scim: Scim, three: dict[str, Any]) -> None:
    """What only people have is true of no group (RFC 7644 section 3.4.2.1)."""
    assert scim.listed("")["totalResults"] == 5
    assert scim.found("", filter='userName eq "alice"') == [A]
    assert set(scim.found("", filter="displayName pr")) == {A, B, "inner", "outer"}
    response = scim("POST", "/.search", {"filter": 'displayName sw "inn"', "count": 1})
    assert [each["displayName"] for each in response.json()["Resources"]] == ["inner"]
    page = scim.listed("", startIndex=3, count=2)
    assert [each.get("userName") or each["displayName"] for each in page["Resources"]] == [C, "inner"]
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 3, 2)
    assert scim.get("/?sortBy=displayName").status_code == 501


class TestPages:
    @pytest.fixture(autouse=True)
    def many(self, scim: Scim) -> None:
        for number in range(7):
            make_user(f"user{number}")

    @pytest.mark.parametrize(
        ("query", "start", "names"),
        [
            ({}, 1, [0, 1, 2, 3, 4, 5, 6]),
            ({"count": 3}, 1, [0, 1, 2]),
            ({"startIndex": 4, "count": 3}, 4, [3, 4, 5]),
            ({"startIndex": 7, "count": 3}, 7, [6]),
            ({"startIndex": 8}, 8, []),
            ({"startIndex": 0, "count": 2}, 1, [0, 1]),
            ({"startIndex": -5, "count": 2}, 1, [0, 1]),
            ({"count": 0}, 1, []),
            ({"count": -1}, 1, []),
            ({"count": 10**25}, 1, [0, 1, 2, 3, 4, 5, 6]),
            ({"count": 5000}, 1, [0, 1, 2, 3, 4, 5, 6]),
            ({"startIndex": 10**15}, 2**31 + 1, []),
        ],
    )
    def test_a_page(self, scim: Scim, query: dict[str, int], start: int, names: list[int]) -> None:
        listed = scim.listed("Users", **query)
        assert [each["userName"] for each in listed["Resources"]] == [f"user{number}" for number in names]
        assert (listed["totalResults"], listed["startIndex"], listed["itemsPerPage"]) == (
            7,
            start,
            len(names),
        )

    def test_a_page_has_a_cap(self, scim: Scim, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(schemas, "LARGEST_PAGE", 4)
        assert len(scim.listed("Users", count=6)["Resources"]) == 4

    @pytest.mark.parametrize("query", ["count=x", "startIndex=1.5", "sortOrder=up"])
    def test_a_number_that_is_none_is_refused(self, scim: Scim, query: str) -> None:
        assert scim.get(f"/Users?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ({"sortBy": "userName"}, [A, B, C]),
        ({"sortBy": "userName", "sortOrder": "descending"}, [C, B, A]),
        ({"sortBy": "displayName"}, [A, B, C]),
        ({"sortBy": "displayName", "sortOrder": "descending"}, [C, B, A]),
        ({"sortBy": "emails"}, [A, B, C]),
        ({"sortBy": "emails.value", "sortOrder": "descending"}, [C, B, A]),
        ({"sortBy": "meta.created"}, [A, B, C]),
        ({"sortBy": "name.familyName", "filter": "displayName pr"}, [A, B]),
    ],
)
def test_sorted(scim: Scim, three: dict[str, Any], query: dict[str, str], order: list[str]) -> None:
    assert scim.found("Users", **query) == order


@pytest.mark.parametrize(
    "attribute", ["nothing", "password", "name", "groups.nothing", "addresses", "a[b eq 1]", "="]
)
def test_not_sorted_by(scim: Scim, attribute: str) -> None:
    response = scim.get(f"/Users?{urlencode({'sortBy': attribute})}")
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidPath")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"attributes": "userName"}, {"schemas", "id", "userName"}),
        ({"attributes": "userName,name.givenName"}, {"schemas", "id", "userName", "name"}),
        ({"attributes": "USERNAME"}, {"schemas", "id", "userName"}),
        ({"attributes": "password"}, {"schemas", "id"}),
        ({"attributes": f"{USER}:emails"}, {"schemas", "id", "emails"}),
        ({"excludedAttributes": "groups,emails,meta,name"},
         {"schemas", "id", "userName", "displayName", "nickName", "externalId", "locale", "timezone", "active"}),
        ({"excludedAttributes": "id,schemas", "count": 1},
         {"schemas", "id", "userName", "displayName", "nickName", "externalId", "locale", "timezone", "active",
          "groups", "emails", "meta", "name"}),
    ],
)  # fmt: skip
def test_attributes_are_chosen(
    scim: Scim, three: dict[str, Any], query: dict[str, str], shown: set[str]
) -> None:
    (found,) = scim.listed("Users", filter='userName eq "alice"', **query)["Resources"]
    assert set(found) == shown
    alone = scim.get(f"/Users/{three['alice']}?{urlencode(query)}").json()
    assert set(alone) == shown


def test_attributes_are_chosen_or_left_out_and_not_both(scim: Scim) -> None:
    assert scim.get("/Users?attributes=userName&excludedAttributes=id").status_code == 400


def test_a_list_of_groups_without_members_loads_none(scim: Scim, three: dict[str, Any]) -> None:
    with CaptureQueriesContext(connection) as queries:
        listed = scim.listed("Groups", excludedAttributes="members")
    assert all("members" not in each for each in listed["Resources"])
    assert not any("accounts_user_groups" in query["sql"] for query in queries)


@pytest.mark.parametrize("endpoint", ["Users", "Groups"])
def test_a_list_costs_the_same_however_long(scim: Scim, three: dict[str, Any], endpoint: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            scim.listed(endpoint, filter="displayName pr", sortBy="displayName")
        return len(queries)

    cost()
    few = cost()
    for number in range(40):
        person = scim.user(f"user{number}@z.example", displayName="x", externalId=f"e{number}")
        scim.group(f"group{number}", [person["id"]], externalId=f"g{number}")
    assert cost() == few
    assert few <= 8


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_list_can_t_be_written(scim: Scim, method: str) -> None:
    response = scim(method, "/Users", {})
    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"


WORDS = [
    "userName", "displayName", "emails", "emails.value", "name.givenName", "active", "id", "meta.created", "groups",
    "externalId", "nothing", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "and", "or", "not", "(", ")",
    "[", "]", "type", "value", '"a"', '"\\u0000"', '"\\ud800"', '"2020-01-01T00:00:00Z"', "true", "null", "1", "1e400",
    "-5", "urn:x:", ".", '"%_\\\\"', '"00000000-0000-0000-0000-000000000000"', "password", "members", "schemas",
]  # fmt: skip


class TestNoFilterIsA500(TestCase):
    """S-015: whatever is asked, the answer is a list or a SCIM error."""

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
    @example('emails[value eq "a"].value eq 1e400')
    @example('meta.created gt "9999-12-31T23:59:59-23:59"')
    def test_of_people(self, text: str) -> None:
        self._ask("/Users/.search", {"filter": text})

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(["/Users/.search", "/Groups/.search", "/.search"]),
        st.dictionaries(
            st.sampled_from(["filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "cursor"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
                ),
                max_leaves=4,
            ),
        ),
    )
    def test_of_search(self, path: str, document: dict[str, Any]) -> None:
        self._ask(path, document)

    def _ask(self, path: str, document: dict[str, Any]) -> None:
        if not User.objects.exists():
            make_user("alice")
        response = Scim(make_token())("POST", path, document)
        assert response.status_code in (200, 400, 501), response.content
        told = json.loads(response.content)
        assert told["schemas"][0].endswith(("ListResponse", "Error"))
