"""Groups of people: who may give which."""

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from accounts.models import User


def assignable(actor: User) -> QuerySet[Group]:
    """Those that this admin may put people in: a group with rights in the admin is the owner's to give (S-130)."""
    groups = Group.objects.order_by("name")
    return groups if actor.is_superuser else groups.filter(permissions=None)
