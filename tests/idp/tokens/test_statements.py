"""The UPDATEs that decide: exactly one of any number of callers sees a row change (S-023, S-030)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from idp.models import Grant
from idp.tokens import liveness, statements
from tests.idp.app import App

NOW = timezone.now()


@pytest.fixture
def grant(app: App) -> Grant:
    app.code()
    return Grant.objects.get()


def test_s_023_a_code_is_claimed_once(grant: Grant) -> None:
    assert statements.claim(grant, jkt="", now=NOW)
    assert not statements.claim(grant, jkt="", now=NOW + timedelta(seconds=1))
    assert Grant.objects.get().redeemed_at == NOW


def test_s_030_a_generation_is_left_once(grant: Grant) -> None:
    assert statements.rotate(grant, presented=0, successor=1, now=NOW)
    assert not statements.rotate(grant, presented=0, successor=1, now=NOW)
    assert statements.rotate(grant, presented=1, successor=2, now=NOW)
    assert not statements.rotate(grant, presented=0, successor=1, now=NOW)  # a slow caller turns nothing back
    assert Grant.objects.get().generation == 2


def test_s_031_a_revoked_grant_moves_no_more(grant: Grant) -> None:
    liveness.revoke(grant, reason="test", now=NOW)
    assert not statements.claim(grant, jkt="", now=NOW)
    assert not statements.rotate(grant, presented=0, successor=1, now=NOW)
