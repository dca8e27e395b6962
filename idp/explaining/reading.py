"""Traces as they are shown: each check with its outcome, each fact in words, and the field that would mend it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import QuerySet

from idp.explaining.differences import Difference, differences
from idp.explaining.pages import Page, page
from idp.models import Client, Trace
from idp.protocol.checks import Outcome, Step, steps
from idp.traces.facts import is_cut


@dataclass(frozen=True)
class Fact:
    """A name in words, with its values."""

    name: str
    values: list[str]


@dataclass(frozen=True)
class Told:
    """A trace, explained. `client` is the app that the request named, where there is one."""

    trace: Trace
    client: Client | None

    @property
    def page(self) -> Page | None:
        return page(self.trace.failed)

    @property
    def title(self) -> str:
        return self.page.title if self.page else self.trace.failed

    @property
    def mend(self) -> str:
        """The field of the app's page in the admin, or ""."""
        return self.page.field if self.page and self.client else ""

    @cached_property
    def steps(self) -> list[Step]:
        detail = self.trace.detail
        parameter = str(detail["facts"].get("parameter", ""))
        return steps(
            self.trace.endpoint, self.trace.failed, parameter=parameter, grant_type=detail["grant_type"]
        )

    @property
    def passed(self) -> list[Step]:
        return [step for step in self.steps if step.outcome is Outcome.PASSED]

    @property
    def failed(self) -> Step:
        return next(step for step in self.steps if step.outcome is Outcome.FAILED)

    @property
    def not_reached(self) -> list[Step]:
        return [step for step in self.steps if step.outcome is Outcome.NOT_REACHED]

    @property
    def facts(self) -> list[Fact]:
        return [
            Fact(name.replace("_", " "), _values(value)) for name, value in self.trace.detail["facts"].items()
        ]

    @cached_property
    def differences(self) -> list[Difference]:
        """Of addresses that had to be the same to the letter; only of those that were kept whole."""
        known, received = self._addresses
        return [] if is_cut(received) else differences((uri for uri in known if not is_cut(uri)), received)

    @property
    def is_cut(self) -> bool:
        """Whether `differences` may lack one, since an address was too long to be kept."""
        known, received = self._addresses
        return any(map(is_cut, (*known, received)))

    @property
    def _addresses(self) -> tuple[list[str], str]:
        """The registered ones, and the one received; none where the check was about something else."""
        facts = self.trace.detail["facts"]
        if not self.trace.failed.endswith("redirect-uri") or not facts.get("received"):
            return [], ""
        return _values(facts.get("expected")), str(facts["received"])


def _values(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [] if value is None or value == "" else [str(value)]


def explain(trace: Trace) -> Told:
    named = trace.client_id
    return Told(trace, Client.objects.filter(client_id=named).first() if named else None)


def kept(now: datetime) -> QuerySet[Trace]:
    """Those that are not too old, the latest first, whether or not `purge` has come by."""
    return Trace.objects.filter(at__gt=now - timedelta(days=settings.TRACE_DAYS))


def old(now: datetime) -> QuerySet[Trace]:
    return Trace.objects.filter(at__lte=now - timedelta(days=settings.TRACE_DAYS))


def as_json(told: Told) -> dict[str, object]:
    trace = told.trace
    return {
        "reference": trace.reference,
        "at": trace.at.isoformat(),
        "endpoint": trace.endpoint,
        "client_id": trace.client_id,
        "error": trace.error,
        "failed": trace.failed,
        "title": told.title,
        "address": trace.address,
        **trace.detail,
        "checks": [
            {"check": step.check, "parameter": step.parameter, "outcome": step.outcome.value}
            for step in told.steps
        ],
        "page": told.page.path if told.page else "",
        "field": told.mend,
    }
