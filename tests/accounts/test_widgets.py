"""Inputs that are written out are what Django's templates make of them."""

from typing import Any

import pytest
from django import forms
from pytest_django.asserts import assertHTMLEqual

from accounts import widgets

VALUES = [None, "", "alice", '"><script>alert(1)</script>', "a&b'c", 12]
ATTRIBUTES: list[dict[str, Any]] = [
    {},
    {"id": "id_name", "maxlength": 320, "required": True, "autofocus": True, "aria-invalid": False},
    {"placeholder": '"><b>', "autocomplete": "username webauthn", "spellcheck": "false"},
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize(
    ("ours", "djangos"),
    [(widgets.TextInput, forms.TextInput), (widgets.PasswordInput, forms.PasswordInput)],
)
def test_s_080_an_input_is_written_as_django_writes_it(
    ours: Any, djangos: Any, attributes: dict[str, Any], value: Any
) -> None:
    written = ours(attrs=attributes).render("name", value, {"id": "id_of_field"})
    assertHTMLEqual(written, djangos(attrs=attributes).render("name", value, {"id": "id_of_field"}))
    assert hasattr(written, "__html__")
