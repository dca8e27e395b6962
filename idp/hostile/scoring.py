"""What became of each case, and the mark for all of them: pure, so that a driver, a page and a person agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from idp.hostile.cases import Case


class Verdict(StrEnum):
    LET_IN = "let in"
    REFUSED = "refused"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Outcome:
    case: Case
    verdict: Verdict
    note: str = ""

    @property
    def good(self) -> bool | None:
        """None where nothing can be said."""
        if self.verdict is Verdict.NOT_TRIED:
            return None
        return (self.verdict is Verdict.LET_IN) == (self.case.expect == "accept")

    @property
    def failed(self) -> bool:
        return self.good is False and self.case.strength == "must"


@dataclass(frozen=True)
class Report:
    outcomes: tuple[Outcome, ...]

    @property
    def meaningful(self) -> bool:
        """An app that never lets anybody in refuses all forgeries too."""
        return any(each.case.id == "honest" and each.good for each in self.outcomes)

    @property
    def tried(self) -> int:
        return sum(each.good is not None and each.case.strength == "must" for each in self.outcomes)

    @property
    def right(self) -> int:
        return sum(each.good is True and each.case.strength == "must" for each in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        return [each for each in self.outcomes if each.failed]

    @property
    def passed(self) -> bool:
        return self.meaningful and not self.failures

    def as_json(self) -> dict[str, object]:
        return {
            "passed": self.passed,
            "meaningful": self.meaningful,
            "right": self.right,
            "of": self.tried,
            "cases": [_row(each) for each in self.outcomes],
        }

    def lines(self) -> Iterable[str]:
        for each in self.outcomes:
            sign = {True: "✓", False: "✗" if each.failed else "!", None: "–"}[each.good]
            yield f"{sign} {each.case.id:<26} {each.verdict:<10} {each.case.name}{each.note and f' ({each.note})'}"
            if each.good is False:
                yield f"    {each.case.does} A good app would {each.case.expect} it: {each.case.clause}."
        if not self.meaningful:
            yield "The app did not let the honest sign-in in, so the rest says nothing."
        yield f"{self.right} of {self.tried} right."


def _row(outcome: Outcome) -> dict[str, object]:
    case = outcome.case
    return {
        "id": case.id, "name": case.name, "does": case.does, "clause": case.clause, "strength": case.strength,
        "expected": case.expect, "verdict": str(outcome.verdict), "good": outcome.good, "note": outcome.note,
    }  # fmt: skip
