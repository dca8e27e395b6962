"""oidcc-formpost-basic-certification-test-plan (Form Post OP, response type code), and the same list in the query."""

import pytest

from tests.idp.certification.flow import Flow
from tests.idp.certification.modules import Module, modules_of

pytestmark = pytest.mark.usefixtures("signing_keys")


@pytest.mark.parametrize("form_post", [False, True], ids=["query", "form_post"])
@pytest.mark.parametrize("module", modules_of("code"), ids=lambda module: module.__name__)
def test_module(module: Module, form_post: bool) -> None:
    module(Flow("code", form_post=form_post))
