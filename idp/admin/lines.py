"""A list of strings as a text area, one a line."""

from typing import Any

from django import forms

from idp.protocol.params import is_plain


class Lines(forms.Field):
    """Empty lines and spaces around are dropped; a line that can't be kept is named."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 80, "spellcheck": "false"})

    def __init__(self, *, count: int, length: int, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.count, self.length = count, length

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in (value or "").split("\n") if line.strip()]

    def validate(self, value: list[str]) -> None:
        if len(value) > self.count:
            raise forms.ValidationError(f"At most {self.count} lines.")
        bad = [line for line in value if len(line) > self.length or not is_plain(line)]
        if bad:
            raise forms.ValidationError(
                [f"{line[:80]}: longer than {self.length}, or with hidden characters." for line in bad]
            )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)
