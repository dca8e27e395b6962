"""oidcc-implicit-certification-test-plan (Implicit OP), module by module; and the same plan in form_post."""

import pytest

from tests.idp.certification.flow import Flow
from tests.idp.certification.modules import Module, modules_of

pytestmark = pytest.mark.usefixtures("signing_keys")
FLOWS = ("id_token", "id_token token")


@pytest.mark.parametrize("form_post", [False, True], ids=["default", "form_post"])
@pytest.mark.parametrize(
    ("response_type", "module"),
    [
        pytest.param(kind, module, id=f"{kind}-{module.__name__}")
        for kind in FLOWS
        for module in modules_of(kind)
    ],
)
def test_module(response_type: str, module: Module, form_post: bool) -> None:
    module(Flow(response_type, form_post=form_post))
