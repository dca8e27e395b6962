"""Filters of the admin's lists: only those that a page offers (S-132)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst


class ListedFilters(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """Django lets whoever may look at a list filter it by any column of its table, which tells a password's hash
    character by character; here a column has to be among `list_filter`.
    """

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """What the list is of, in place of "Select … to change"."""
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        offered = {_parameter(entry) for entry in self.get_list_filter(request)}
        return lookup.split("__")[0] in offered and super().lookup_allowed(lookup, value, request)


def _parameter(entry: Any) -> str:
    """What an entry of `list_filter` calls itself in the address: a column, (column, class), or a class of its own."""
    if isinstance(entry, tuple):
        return str(entry[0])
    return str(getattr(entry, "parameter_name", entry))
