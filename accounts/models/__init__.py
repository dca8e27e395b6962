"""What the room of people keeps."""

from accounts.models.attribute import Attribute
from accounts.models.audit import AppendOnly, AuditEvent
from accounts.models.factor import Passkey, RecoveryCode, Totp, TrustedDevice, UsedChallenge
from accounts.models.group import GroupNode
from accounts.models.identity import Identity
from accounts.models.invitation import Invitation
from accounts.models.kept_form import KeptForm
from accounts.models.link import OneTimeLink
from accounts.models.other_device import DeviceRequest
from accounts.models.pending import PendingLogin
from accounts.models.picture import Picture
from accounts.models.place import Place
from accounts.models.policy import GroupPolicy
from accounts.models.session import Session, Unfamiliar
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
    "Identity",
    "Invitation",
    "KeptForm",
    "OneTimeLink",
    "Passkey",
    "PendingLogin",
    "Picture",
    "Place",
    "RecoveryCode",
    "Session",
    "Terms",
    "ThrottleBucket",
    "Totp",
    "TrustedDevice",
    "Unfamiliar",
    "UsedChallenge",
    "User",
]
