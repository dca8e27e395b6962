"""Admin pages for looking at."""

from typing import Any

from django.http import HttpRequest

from accounts.filters import ListedFilters


class ReadOnly(ListedFilters):
    """For looking at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
