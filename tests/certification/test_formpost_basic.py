"""Form Post OP (basic): oidcc-formpost-basic-certification-test-plan, the same list with response_mode=form_post."""

from tests.certification.plan import Bench, cases
from tests.certification.test_basic import BY_RESPONSE_TYPE

RESPONSE_MODE = "form_post"


@cases(BY_RESPONSE_TYPE)
def test_oidcc(bench: Bench, response_type: str, name: str) -> None:
    bench.run("basic", BY_RESPONSE_TYPE, response_type, name)
