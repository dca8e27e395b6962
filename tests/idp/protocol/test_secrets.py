"""Random values and the keyed digests that are kept of them (S-042, S-146)."""

import re

import pytest
from django.test import override_settings

from idp.protocol.secrets import digest, keys, matches, mint

OLD, NEW = "old-" + "o" * 40, "new-" + "n" * 40


def test_s_042_a_minted_value_has_256_bits_in_characters_that_need_no_encoding() -> None:
    value = mint()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
    assert mint() != value


def test_a_digest_matches_the_value_that_it_was_made_from() -> None:
    value = mint()
    assert matches(value, digest(value, "client secret"), "client secret")


@pytest.mark.parametrize("other", ["", "x", "Value", "value "])
def test_s_146_another_value_does_not_match(other: str) -> None:
    assert not matches(other, digest("value", "client secret"), "client secret")


def test_a_digest_is_good_for_its_purpose_only() -> None:
    assert digest("value", "client secret") != digest("value", "authorization code")
    assert not matches("value", digest("value", "authorization code"), "client secret")


def test_the_value_can_not_be_read_from_the_digest() -> None:
    assert "value" not in digest("value", "client secret")
    assert re.fullmatch(r"[0-9a-f]{64}", digest("value", "client secret"))


def test_while_the_secret_key_is_replaced_both_work_and_new_digests_use_the_new_one() -> None:
    with override_settings(SECRET_KEY=OLD, SECRET_KEY_FALLBACKS=[]):
        before = digest("value", "client secret")
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        assert matches("value", before, "client secret")
        assert digest("value", "client secret") != before
        assert len(keys("client secret")) == 2
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[]):
        assert not matches("value", before, "client secret")
