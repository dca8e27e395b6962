"""What we know of a group beside Django's own row: the group that it is part of, and whether it is a role."""

from typing import ClassVar

from django.contrib.auth.models import Group
from django.db import models


class GroupNode(models.Model):
    """A group without one stands by itself. Whoever is in the group is in its parent too, and in that one's."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, primary_key=True, related_name="node")
    parent = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.SET_NULL, related_name="child_nodes"
    )
    # One of accounts.roles: such a group holds rights in the admin, and no app hears of it.
    role = models.CharField(max_length=20, blank=True, default="")

    objects: ClassVar[models.Manager["GroupNode"]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["role"], condition=~models.Q(role=""), name="one_group_per_role"),
            models.CheckConstraint(
                condition=models.Q(role="") | models.Q(parent=None), name="a_role_is_part_of_nothing"
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("group")), name="no_group_is_its_own_parent"
            ),
        )

    def __str__(self) -> str:
        return f"{self.group} in {self.parent}" if self.parent else str(self.group)
