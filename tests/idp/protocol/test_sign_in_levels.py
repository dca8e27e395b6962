"""The ladder of sign-in levels: acr is told from what was done, and never more than that."""

import pytest

from idp.environment import Environment
from idp.protocol import levels

LADDER = {"low": frozenset({"pwd"}), "mid": frozenset({"pwd", "otp"}), "high": frozenset({"hwk"})}


@pytest.mark.parametrize(
    ("amr", "reached"),
    [
        ([], ()),
        (["otp"], ()),
        (["pwd"], ("low",)),
        (["pwd", "otp", "mfa"], ("low", "mid")),
        (["hwk"], ("low", "mid", "high")),
    ],
)
def test_a_level_does_for_those_below_it(amr: list[str], reached: tuple[str, ...]) -> None:
    assert levels.reached(amr, LADDER) == reached


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "mid"),
        (["low"], "low"),
        (["high", "low"], "low"),
        (["high"], "mid"),
        (["mid", "low"], "mid"),
        (["unheard of"], "mid"),
    ],
)
def test_the_first_level_asked_for_that_is_reached_is_said(asked: list[str], said: str) -> None:
    assert levels.level(["pwd", "otp"], asked, LADDER) == said


def test_without_a_level_there_is_no_acr() -> None:
    assert levels.level(["pwd"], ["low"], {}) == ""


def test_the_ladder_is_read_of_the_environment_in_order() -> None:
    ladder = Environment({"IDP_ACR_LADDER": "urn:a=pwd, urn:b=x=pwd+otp"})["IDP_ACR_LADDER"]
    assert list(ladder.items()) == [("urn:a", {"pwd"}), ("urn:b=x", {"pwd", "otp"})]


@pytest.mark.parametrize("value", ["pwd", "=pwd", "a=pwd,a=otp", "a b=pwd", 'a"b=pwd', "a\\b=pwd"])
def test_a_ladder_that_makes_no_sense_stops_the_start(value: str) -> None:
    with pytest.raises(Exception, match="IDP_ACR_LADDER"):
        Environment({"IDP_ACR_LADDER": value})
