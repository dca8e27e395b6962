"""`manage.py people sign-out`: after a restore, or when something leaked, nothing that was open stays open."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import links
from accounts.models import AuditEvent, OneTimeLink, Session, TrustedDevice, User
from idp.models import Grant, LogoutNotice
from tests.factories import make_session, make_user
from tests.idp.app import make_client, make_grant

pytestmark = pytest.mark.django_db
NOTHING = {"people": 0, "sessions_ended": 0, "grants_ended": 0}


@pytest.fixture
def alice() -> User:
    """Signed in twice, once at an app that may come without her; with a trusted device and a link underway."""
    now, alice = timezone.now(), make_user("alice")
    client = make_client(backchannel_logout_uri="https://app.example/logout")
    make_grant(make_session(alice), client=client)
    make_grant(make_session(alice, ended_at=now), client=client, scope="openid offline_access")
    TrustedDevice.objects.create(
        user=alice, device_hash="x", created_at=now, expires_at=now + timedelta(days=1)
    )
    for purpose in (*links.OPENING, links.Purpose.UNLOCK):
        links.issue(purpose, alice, now=now)
    return alice


def sign_out(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, int]:
    call_command("people", "sign-out", "--json", *options)
    answer: dict[str, int] = json.loads(capsys.readouterr().out)
    return answer


def test_sessions_access_devices_and_links_of_everybody_end(
    alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    make_session(make_user("bob"))
    make_user("carol")
    assert sign_out(capsys, "--yes") == {"people": 2, "sessions_ended": 2, "grants_ended": 2}
    assert not Session.objects.filter(ended_at=None).exists()
    assert {grant.revoke_reason for grant in Grant.objects.all()} == {"everybody was signed out"}
    assert not TrustedDevice.objects.exists()
    assert [link.purpose for link in OneTimeLink.objects.all()] == [links.Purpose.UNLOCK]
    assert LogoutNotice.objects.count() == 1, "the app hears of the session that ended"


def test_each_person_reads_it_among_what_happened(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    make_user("carol")
    sign_out(capsys, "--yes")
    event = AuditEvent.objects.get(type="sessions.ended")
    assert (event.actor, event.subject) == ("command", f"user:{alice.pk}")
    assert event.detail == {"sessions_ended": 1, "grants": 2, "reason": "everybody was signed out"}


def test_a_second_run_finds_nothing(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    sign_out(capsys, "--yes")
    assert sign_out(capsys, "--yes") == NOTHING
    assert AuditEvent.objects.filter(type="sessions.ended").count() == 1


@pytest.mark.parametrize(("said", "words"), [("no\n", "Nothing was changed"), ("", "give --yes")])
def test_it_asks_first(alice: User, monkeypatch: pytest.MonkeyPatch, said: str, words: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    with pytest.raises(CommandError, match=words):
        call_command("people", "sign-out")
    assert Session.objects.filter(ended_at=None).exists()


def test_a_yes_is_enough(
    alice: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    call_command("people", "sign-out")
    assert "Ended: 1 sessions and 2 grants, of 1 people." in capsys.readouterr().out
