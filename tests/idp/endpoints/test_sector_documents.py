"""sector_identifier_uri at registration: fetched, and held against the redirect URIs (OIDC Registration section 5)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from idp.clients import sectors
from idp.clients.sectors import SectorDocument, look, problem
from idp.models import Client
from idp.outbound import Fetched, Unreachable
from tests.idp.app import CALLBACK
from tests.idp.endpoints.test_registration import manage, register

URI = "https://sector.example/redirect-uris.json"
OTHER = "https://other.example/callback"


class Site:
    """What stands at URI."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.in_transaction: list[bool] = []
        self.publish(CALLBACK, OTHER)

    def publish(self, *uris: Any) -> None:
        self.answer(200, json.dumps(uris).encode())

    def answer(self, status: int, body: bytes) -> None:
        self.next: Fetched | None = Fetched(status, "application/json", body)

    def fetch(self, url: str) -> Fetched:
        self.fetched.append(url)
        # The one of pytest-django around each test is no transaction of ours.
        blocks = [block for block in connection.atomic_blocks if not block._from_testcase]
        self.in_transaction.append(bool(blocks))
        if self.next is None:
            raise Unreachable("down")
        return self.next


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, settings: Any, db: None) -> Iterator[Site]:
    settings.REGISTRATION = "open"
    sectors.forget()
    site = Site()
    monkeypatch.setattr(sectors, "fetch_for_strangers", site.fetch)
    yield site
    sectors.forget()


def pairwise(**changes: Any) -> Any:
    return register(**{"subject_type": "pairwise", "sector_identifier_uri": URI, **changes})


def test_oidcc_registration_sector_uri(site: Site) -> None:
    response = pairwise()
    assert response.status_code == 201, response.content
    assert response.json()["subject_type"] == "pairwise"
    assert response.json()["sector_identifier_uri"] == URI
    assert Client.objects.get().sector.identifier == "sector.example"
    assert site.fetched == [URI]


def test_oidcc_registration_sector_bad(site: Site) -> None:
    site.publish(OTHER)
    response = pairwise()
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert response.json()["error_description"].startswith("sector_identifier_uri has to list every redirect")
    assert not Client.objects.exists()


def test_one_document_joins_several_hosts(site: Site) -> None:
    assert pairwise(redirect_uris=[CALLBACK, OTHER]).status_code == 201
    assert pairwise(redirect_uris=[OTHER]).status_code == 201
    assert Client.objects.values("sector").distinct().count() == 1


def test_a_host_of_any_length_is_a_sector(site: Site) -> None:
    uri = f"https://{'a.' * 900}example/cb"
    assert register(subject_type="pairwise", redirect_uris=[uri]).status_code == 201
    assert len(Client.objects.get().sector.identifier) == 1807


def test_a_public_apps_document_is_held_to_the_same(site: Site) -> None:
    site.publish(OTHER)
    assert register(sector_identifier_uri=URI).status_code == 400
    site.publish(CALLBACK)
    assert register(sector_identifier_uri=URI).status_code == 201
    assert Client.objects.get().sector is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"no json"),
        (200, b"{}"),
        (200, b"null"),
        (200, b"[1]"),
        (200, json.dumps([[CALLBACK]]).encode()),
        (200, b"[" * 5000 + b"]" * 5000),
        (200, b'"\xff"'),
        (404, json.dumps([CALLBACK]).encode()),
        (500, b""),
        (0, b""),
    ],
)
def test_s_072_whatever_keeps_it_from_being_read_sounds_the_same(
    site: Site, status: int, body: bytes
) -> None:
    if status:
        site.answer(status, body)
    else:
        site.next = None
    response = pairwise()
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert response.json()["error_description"] == (
        "sector_identifier_uri has to be the address of a JSON list of redirect URIs, and it could not be read."
    )


@pytest.mark.parametrize(
    "uri",
    [
        "http://sector.example/x",
        "https://a@sector.example/x",
        "file:///etc/passwd",
        "https://[x",
        "x",
        "https://x/#f",
    ],
)
def test_s_070_an_address_that_is_not_fit_is_not_fetched(site: Site, uri: str) -> None:
    assert pairwise(sector_identifier_uri=uri).status_code == 400
    assert site.fetched == []


def test_s_070_an_address_on_this_machine_is_refused_by_the_one_client(settings: Any, db: None) -> None:
    settings.REGISTRATION = "open"
    sectors.forget()
    response = pairwise(sector_identifier_uri="https://127.0.0.1/x")
    assert response.json()["error_description"].endswith("could not be read.")


def test_it_is_fetched_outside_of_any_transaction(site: Site) -> None:
    """A slow address must not hold the database for others."""
    app = pairwise().json()
    said = {"client_id": app["client_id"], "redirect_uris": [OTHER], "sector_identifier_uri": URI}
    assert manage("PUT", app, said).status_code == 200
    assert site.in_transaction == [False, False]


def test_s_121_strangers_make_us_fetch_so_often_and_no_more(site: Site) -> None:
    for _ in range(sectors.MOST_IN_WINDOW + 20):
        look(URI)
    assert len(site.fetched) == sectors.MOST_IN_WINDOW


def test_an_update_is_checked_again_and_changes_nobodys_subject(site: Site) -> None:
    app = pairwise().json()
    said = {"client_id": app["client_id"], "redirect_uris": [OTHER], "sector_identifier_uri": URI}
    site.publish(CALLBACK)
    assert manage("PUT", app, said).status_code == 400
    site.publish(OTHER)
    changed = manage("PUT", app, said)
    assert changed.status_code == 200, changed.content
    assert changed.json()["subject_type"] == "pairwise", "an update that does not speak of it leaves it"
    refused = manage("PUT", app, {**said, "subject_type": "public"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


def test_s_122_nobody_else_makes_us_fetch_for_an_app(site: Site) -> None:
    app = pairwise().json()
    response = manage("PUT", {**app, "registration_access_token": "x"}, {"sector_identifier_uri": URI})
    assert response.status_code == 401
    assert site.fetched == [URI]


_uris = st.lists(st.sampled_from([CALLBACK, OTHER, "https://third.example/cb"]), max_size=4)


@given(listed=_uris, registered=_uris)
def test_an_app_is_of_a_sector_exactly_if_all_its_addresses_are_listed(
    listed: list[str], registered: list[str]
) -> None:
    found = problem(URI, registered, SectorDocument(URI, frozenset(listed)))
    assert bool(found) == (not set(registered) <= set(listed))


@given(listed=_uris)
def test_the_document_of_another_address_proves_nothing(listed: list[str]) -> None:
    assert problem(URI, [], SectorDocument(f"{URI}2", frozenset(listed)))
    assert problem(URI, [], None)
