"""The tamper table as data: each row can be carried out, and says why it fails."""

import re
from pathlib import Path

from idp.playground.tampering import instructions, table

PLAYGROUND = Path(__file__).parents[3] / "idp" / "static" / "signet" / "playground"
CHECKS = {"form", "alg", "typ", "crit", "kid", "signature"}


def test_each_row_has_its_own_id_and_words_and_names_a_check():
    assert len({row.id for row in table()}) == len(table()) > 15
    for row in table():
        assert re.fullmatch(r"[a-z0-9-]+", row.id)
        assert row.name
        assert row.does.endswith(".")
        assert row.why.endswith((".", ")"))
        assert row.check in CHECKS


def test_what_the_brief_of_the_playground_names_is_there():
    """Change the payload, alg none, HS256 with the public key, another kid, an own key."""
    ids = {row.id for row in table()}
    assert {
        "somebody-else",
        "alg-none",
        "hs256-with-the-public-key",
        "another-kid",
        "own-key",
        "own-key-in-the-header",
    } <= ids


def test_the_browser_gets_every_instruction_and_no_words():
    assert [row["id"] for row in instructions()] == [row.id for row in table()]
    for row in instructions():
        assert not {"name", "does", "why"} & set(row)


def test_the_script_names_each_check_that_a_row_expects():
    script = (PLAYGROUND / "checks.js").read_text()
    for row in table():
        assert f'row("{row.check}"' in script
