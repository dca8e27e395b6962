"""A client's secrets: random, shown once, kept as digests, two live at a time (S-042)."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from idp.clients import registry, secrets
from idp.clients.authentication import SECRET
from idp.models import Client, ClientSecret
from idp.protocol.secrets import matches
from tests.idp.app import make_client

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return make_client()


def opens(client: Client, value: str) -> bool:
    return any(matches(value, secret.digest, SECRET) for secret in secrets.live(client, LATER))


def test_s_042_a_secret_has_256_bits_and_only_its_digest_is_kept(client: Client) -> None:
    value = secrets.issue(client, NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
    row = ClientSecret.objects.values().get()
    assert value not in map(str, row.values())
    assert row["hint"] == value[-4:]
    assert opens(client, value)


def test_s_042_two_secrets_live_at_a_time_so_that_one_can_follow_the_other(client: Client) -> None:
    first, second = secrets.issue(client, NOW), secrets.issue(client, NOW)
    assert opens(client, first)
    assert opens(client, second)


def test_s_042_a_third_ends_the_oldest(client: Client) -> None:
    first, second, third = (secrets.issue(client, NOW + timedelta(seconds=n)) for n in range(3))
    assert [opens(client, value) for value in (first, second, third)] == [False, True, True]


def test_an_expired_secret_makes_no_other_one_end(client: Client) -> None:
    first = secrets.issue(client, NOW)
    secrets.issue(client, NOW)
    client.secrets.exclude(hint=first[-4:]).update(expires_at=NOW)
    secrets.issue(client, LATER)
    assert opens(client, first)


def test_an_ended_secret_opens_nothing(client: Client) -> None:
    value = secrets.issue(client, NOW)
    secrets.end(secrets.live(client, NOW)[0])
    assert not opens(client, value)


def test_a_client_that_becomes_public_keeps_none(client: Client) -> None:
    value = secrets.issue(client, NOW)
    secrets.end_all(client)
    assert not opens(client, value)


def test_other_processes_read_again_what_changed(client: Client) -> None:
    """They look at `revision`, which the registry compares at each request."""
    before = registry.find(client.client_id)
    value = secrets.issue(client, NOW)
    found = registry.find(client.client_id)
    assert found is not None
    assert found is not before
    assert [secret.hint for secret in found.secrets.all()] == [value[-4:]]
    secrets.end(found.secrets.get())
    again = registry.find(client.client_id)
    assert again is not None
    assert not again.secrets.all()
