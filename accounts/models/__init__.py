"""What the room of people keeps."""

from accounts.models.attribute import Attribute
from accounts.models.audit import AppendOnly, AuditEvent
from accounts.models.group import GroupNode
from accounts.models.invitation import Invitation
from accounts.models.link import OneTimeLink
from accounts.models.picture import Picture
from accounts.models.session import Session
from accounts.models.terms import Terms
from accounts.models.throttle import ThrottleBucket
from accounts.models.user import User

__all__ = [
    "AppendOnly",
    "Attribute",
    "AuditEvent",
    "GroupNode",
    "Invitation",
    "OneTimeLink",
    "Picture",
    "Session",
    "Terms",
    "ThrottleBucket",
    "User",
]
