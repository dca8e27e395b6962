"""Every refusal leaves a trace that names the true cause, and there is no refusal in the code without such a test."""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.http import HttpResponse

from idp.authorization import request_object
from idp.clients import remote_keys
from idp.explaining.pages import page
from idp.explaining.reading import explain
from idp.models import Trace
from idp.protocol import errors
from idp.protocol.checks import Outcome
from idp.protocol.errors import Refusal
from idp.traces import leaving
from tests.idp.traces.refusals import ANY, CASES, Case
from tests.idp.traces.world import World

ROOT = Path(django_settings.BASE_DIR)
KINDS = {name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Refusal)}
# Metadata that only an admin's documents have (`manage.py client`), which no endpoint takes.
BY_ADMINS_ONLY = {"_check_apis", "_groups"}

CHANGED = ("REGISTRATION", "ACR_LADDER", "DATA_UPLOAD_MAX_MEMORY_SIZE")  # settings that cases change

# Provisioning answers in words of its own (RFC 7644 section 3.12), and leaves no trace.
SCIM = ("idp/scim/", "idp/clients/scim_tokens.py")

Site = tuple[str, int]


@pytest.fixture
def world(signing_keys: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    remote_keys.forget()
    request_object.forget()
    return World(settings, monkeypatch)


def trace_of(response: HttpResponse) -> Trace | None:
    return Trace.objects.filter(reference=response["X-Request-Id"]).first()


def differs(wanted: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    missing = object()
    return {
        name: facts.get(name, "nothing")
        for name, value in wanted.items()
        if facts.get(name, missing) != value and not (value is ANY and facts.get(name) not in (None, ""))
    }


def complaints(case: Case, response: HttpResponse) -> Iterator[str]:
    """What is wrong with the trace of a case, or with the answer."""
    trace = trace_of(response)
    if response.status_code >= 500:
        yield f"status {response.status_code}"
    if case.check is None or trace is None:
        if trace is not None or case.check is not None:
            yield f"expected {case.check}, found {trace}"
        return
    if (trace.endpoint, trace.failed) != (case.endpoint, case.check):
        yield f"the trace is {trace}"
    if wrong := differs(case.facts, trace.detail["facts"]):
        yield f"facts {wrong}"
    steps = explain(trace).steps
    if [step.check for step in steps if step.outcome is Outcome.FAILED] != [case.check] or len(steps) < 2:
        yield "the check is not among those of this endpoint"


def test_each_place_that_refuses_leaves_a_trace_of_the_true_cause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All cases in one test, for at the end it knows which places none of them reached."""
    reached: set[Site] = set()
    original = Refusal.__new__

    def remembered(kind: type[Refusal], *_: Any, **__: Any) -> Refusal:
        frame = sys._getframe(1)
        reached.add((str(Path(frame.f_code.co_filename).relative_to(ROOT)), frame.f_lineno))
        return original(kind)

    monkeypatch.setattr(Refusal, "__new__", remembered, raising=False)
    wrong = {case.name: found for case in CASES if (found := list(complaints_of(case, world)))}
    assert wrong == {}
    assert {site for site in places() if site not in reached} == set()


def complaints_of(case: Case, world: World) -> Iterator[str]:
    """The case runs in a world of its own, which is gone afterwards."""
    leaving.forget()
    before = {name: getattr(world.settings, name) for name in CHANGED}
    with pytest.MonkeyPatch.context() as patches, transaction.atomic():
        yield from complaints(case, case.run(World(world.settings, patches)))
        transaction.set_rollback(True)
    for name, value in before.items():
        if getattr(world.settings, name) != value:  # each setting costs all later ones a look at it
            setattr(world.settings, name, value)


def places() -> Iterator[Site]:
    for path in sorted((ROOT / "idp").rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if name != "idp/protocol/errors.py" and not name.startswith(SCIM):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from ((str(path.relative_to(ROOT)), line) for line in refusals_in(tree))


def refusals_in(tree: ast.AST) -> Iterator[int]:
    left_out = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in BY_ADMINS_ONLY
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        is_one = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS
        if is_one and node not in left_out:
            yield node.lineno


def test_every_json_error_leads_to_a_page_that_is_there(world: World) -> None:
    """And its description is the ASCII of RFC 6749 section 5.2."""
    response = next(case for case in CASES if case.name == "another_verifier").run(world)
    body = response.json()
    assert body["error_uri"] == f"{django_settings.ISSUER}/docs/errors/pkce"
    assert page("pkce") is not None
    assert body["error_description"].isascii()
