"""The table of exercises, by member and value; a member with one value, an address, stands under the value ""."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.certification.provider import Provider
from tests.certification.site import Site
from tests.live.visitor import Visitor


@dataclass(frozen=True)
class Room:
    """What an exercise is done with: `browser` is Alice's, and signed in after its first use."""

    provider: Provider
    site: Site
    browser: Visitor


Exercise = Callable[[Room, str], None]
EXERCISES: dict[tuple[str, str], Exercise] = {}


def of(member: str, *values: str) -> Callable[[Exercise], Exercise]:
    """Of these values, each of which the exercise is given; without any, of an address or a flag."""

    def note(exercise: Exercise) -> Exercise:
        for value in values or ("",):
            EXERCISES[member, value] = exercise
        return exercise

    return note
