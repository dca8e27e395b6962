"""Somebody of the directory with a linked account elsewhere: shut out there, shut out here (S-111)."""

from typing import Any

from django.utils import timezone

from accounts.models import Identity, Session, User
from tests.accounts.conftest import browser, log_in
from tests.accounts.directory.conftest import directory, slapd, use
from tests.idp.upstream.fake import ISSUER, Trip, make_upstream
from tests.live.directory import PASSWORD, Directory

__all__ = ["browser", "directory", "log_in", "slapd", "use"]


def test_s_111_a_linked_account_is_no_way_in_for_who_left_the_directory(
    directory: Directory, trip: Trip, log_in: Any
) -> None:
    make_upstream()
    log_in("dora", PASSWORD)
    dora = User.objects.get()
    Identity.objects.create(user=dora, issuer=ISSUER, subject="s-1", created_at=timezone.now())
    Session.objects.all().delete()
    directory.change("uid=dora,ou=people", pwdAccountLockedTime="000001010000Z")
    try:
        assert trip.sign_in().startswith("/login?")
        assert not Session.objects.exists()
    finally:
        directory.change("uid=dora,ou=people", pwdAccountLockedTime=None)
    assert trip.sign_in() == "/account/"
    assert Session.objects.get().user == dora
