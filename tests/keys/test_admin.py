"""Keys in Django admin: to be looked at; rotated and revoked by who may, after a page that says what follows."""

from datetime import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from keys import events, rotation
from keys.models import SigningKey
from tests.factories import make_admin, make_user, sign_in

pytestmark = pytest.mark.django_db
LIST = "/admin/keys/signingkey/"


@pytest.fixture
def key() -> SigningKey:
    return rotation.ensure_schedule(timezone.now())[0]


@pytest.fixture
def alice(client: Client) -> User:
    alice = make_admin("alice")
    sign_in(client, alice)
    return alice


def act(client: Client, action: str, key: SigningKey, *, sure: bool = True, **more: str) -> HttpResponse:
    """The page that asks, or what follows from its yes."""
    path = f"{LIST}rotate/{key.algorithm}/" if action == "rotate" else f"{LIST}{key.kid}/revoke/"
    if not sure:
        return client.get(path, follow=True)
    return client.post(path, more, follow=True, headers={"origin": "http://localhost:8000"})


def text(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_the_timeline(client: Client, alice: User, key: SigningKey) -> None:
    page = text(client.get(LIST))
    assert '<figure class="timeline"' in page
    assert key.short_kid in page


@pytest.mark.parametrize(
    ("permissions", "rotates", "revokes"),
    [
        ([], False, False),
        (["rotate"], True, False),
        (["revoke"], False, True),
        (["rotate", "revoke"], True, True),
    ],
)
def test_the_list_leads_to_what_may_be_done(
    client: Client, key: SigningKey, permissions: list[str], rotates: bool, revokes: bool
) -> None:
    bob = make_user("bob", is_staff=True)
    names = ["view_signingkey", *(f"{name}_signingkey" for name in permissions)]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    sign_in(client, bob)
    page = text(client.get(LIST))
    assert (f'href="{LIST}rotate/RS256/"' in page) == rotates
    assert (f'href="{LIST}{key.kid}/revoke/"' in page) == revokes


@pytest.mark.parametrize("path", ["rotate/HS256/", "no-such-key/revoke/"])
def test_what_is_not_there_is_not_found(client: Client, alice: User, key: SigningKey, path: str) -> None:
    assert client.post(LIST + path).status_code == 404
    assert SigningKey.objects.count() == 1


def test_rotate_first_says_what_follows_and_changes_nothing(
    client: Client, alice: User, key: SigningKey
) -> None:
    page = text(act(client, "rotate", key, sure=False))
    assert "It signs from" in page
    assert "nobody is signed out" in page
    assert SigningKey.objects.count() == 1


def test_rotate_publishes_the_next_key_after_a_yes(client: Client, alice: User, key: SigningKey) -> None:
    page = text(act(client, "rotate", key))
    assert SigningKey.objects.get(serial=2).short_kid in page
    assert LogEntry.objects.get().user_id == alice.pk


def test_s_142_revoke_first_says_what_it_hits(
    client: Client, alice: User, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impact(kid: str, now: datetime) -> dict[str, int]:
        return {"live sessions": 12, "live grants": 34}

    monkeypatch.setattr(events, "impact", [impact])
    page = text(act(client, "revoke", key, sure=False))
    assert "12 live sessions and 34 live grants" in page
    assert SigningKey.objects.get().revoked_at is None


def test_s_142_revoke_withdraws_the_key_after_a_yes(client: Client, alice: User, key: SigningKey) -> None:
    text(act(client, "revoke", key, reason="laptop lost"))
    revoked, replacement = SigningKey.objects.all()
    assert (revoked.revoke_reason, revoked.sealed) == ("laptop lost", "")
    assert replacement.state(timezone.now()) == "signing"
    assert LogEntry.objects.get().user_id == alice.pk
    assert key.kid not in client.get("/.well-known/jwks.json").content.decode()


def test_who_did_it_is_announced(client: Client, alice: User, key: SigningKey, heard: list[object]) -> None:
    act(client, "revoke", key)
    assert {event: detail["by"] for event, detail in heard}["key.revoked"] == "alice"  # type: ignore[misc, attr-defined]


def test_a_revoked_key_cannot_be_revoked_again(client: Client, alice: User, key: SigningKey) -> None:
    act(client, "revoke", key)
    assert "nothing to revoke" in text(act(client, "revoke", key))


@pytest.mark.parametrize("action", ["rotate", "revoke"])
def test_s_142_who_may_only_look_changes_nothing(client: Client, key: SigningKey, action: str) -> None:
    bob = make_user("bob", is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_signingkey"))
    sign_in(client, bob)
    assert key.short_kid in text(client.get(LIST))
    act(client, action, key)
    assert list(SigningKey.objects.values_list("kid", "revoked_at")) == [(key.kid, None)]


@pytest.mark.parametrize(
    ("permission", "action", "count"),
    [("rotate", "rotate", 2), ("revoke", "revoke", 2), ("rotate", "revoke", 1), ("revoke", "rotate", 1)],
)
def test_rotating_and_revoking_are_permissions_of_their_own(
    client: Client, key: SigningKey, permission: str, action: str, count: int
) -> None:
    bob = make_user("bob", is_staff=True)
    names = ["view_signingkey", f"{permission}_signingkey"]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    sign_in(client, bob)
    act(client, action, key)
    assert SigningKey.objects.count() == count


@pytest.mark.parametrize("who", ["nobody", "mallory"])
def test_strangers_see_nothing(client: Client, key: SigningKey, who: str) -> None:
    if who == "mallory":
        sign_in(client, make_user("mallory"))
    assert key.short_kid not in client.get(LIST, follow=True).content.decode()


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_keys_are_neither_added_nor_deleted_by_hand(
    client: Client, alice: User, key: SigningKey, page: str
) -> None:
    assert client.post(LIST + page.format(pk=key.pk), {"post": "yes"}).status_code == 403
    assert SigningKey.objects.count() == 1


def test_a_key_is_not_edited(client: Client, alice: User, key: SigningKey) -> None:
    client.post(f"{LIST}{key.pk}/change/", {"algorithm": "none", "signs_until_0": "2099-01-01"})
    assert SigningKey.objects.get().signs_until == key.signs_until
    assert SigningKey.objects.get().algorithm == "RS256"


@pytest.mark.parametrize("page", ["", "{pk}/change/", "{pk}/history/", "{kid}/revoke/"])
def test_s_140_no_page_shows_a_private_half(client: Client, alice: User, key: SigningKey, page: str) -> None:
    shown = text(client.get(LIST + page.format(pk=key.pk, kid=key.kid), follow=True))
    assert key.sealed not in shown
    assert key.sealed[20:60] not in shown
    assert "PRIVATE KEY" not in shown
