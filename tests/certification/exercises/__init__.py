"""One exercise for each value that the metadata advertises: it does what the value says, at a live provider."""

from tests.certification.exercises import (
    answers,
    authentication,
    endpoints,
    identity,
    levels,
    protection,
    signing,
)
from tests.certification.exercises.table import EXERCISES, Exercise, Room

__all__ = [
    "EXERCISES",
    "Exercise",
    "Room",
    "answers",
    "authentication",
    "endpoints",
    "identity",
    "levels",
    "protection",
    "signing",
]
