"""Inputs of the sign-in page, written out: Django renders three templates for each, a sixth of what the page costs."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html


class _Written(forms.widgets.Input):
    """What django/forms/widgets/input.html says, the attributes in another order."""

    def _render(self, template_name: str, context: Mapping[str, Any], renderer: object = None) -> str:
        widget = context["widget"]
        own = {"type": widget["type"], "name": widget["name"], "value": widget["value"]}
        return format_html("<input{}>", flatatt({**own, **widget["attrs"]}))


class TextInput(_Written, forms.TextInput):
    pass


class PasswordInput(_Written, forms.PasswordInput):
    pass
