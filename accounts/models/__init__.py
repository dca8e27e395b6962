"""What the room of people keeps."""

from accounts.models.attribute import Attribute
from accounts.models.audit import AppendOnly, AuditEvent
from accounts.models.factor import Passkey, RecoveryCode, Totp, TrustedDevice, UsedChallenge
from accounts.models.group import GroupNode
from accounts.models.invitation import Invitation
from accounts.models.link import OneTimeLink
from accounts.models.other_device import DeviceRequest
from accounts.models.pending import PendingLogin
from accounts.models.picture import Picture
from accounts.models.policy import GroupPolicy
from accounts.models.session import Session
from accounts.models.terms import Terms
from accounts.models.throttle import ThrottleBucket
from accounts.models.user import User

__all__ = [
    "AppendOnly",
    "Attribute",
    "AuditEvent",
    "DeviceRequest",
    "GroupNode",
    "GroupPolicy",
    "Invitation",
    "OneTimeLink",
    "Passkey",
    "PendingLogin",
    "Picture",
    "RecoveryCode",
    "Session",
    "Terms",
    "ThrottleBucket",
    "Totp",
    "TrustedDevice",
    "UsedChallenge",
    "User",
]
