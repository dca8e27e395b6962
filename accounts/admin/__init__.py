"""People, groups, sessions and the audit log in Django admin (S-130: Django's permissions decide who may what)."""

from accounts.admin import attributes, events, groups, invitations, people, sessions, terms  # noqa: F401  registers them
from accounts.admin.base import ReadOnly, shown_moment
from accounts.auditing import Audited

__all__ = ["Audited", "ReadOnly", "shown_moment"]
