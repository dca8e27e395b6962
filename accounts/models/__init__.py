"""What the room of people keeps."""

from accounts.models.audit import AppendOnly, AuditEvent
from accounts.models.factor import Passkey, RecoveryCode, Totp, TrustedDevice, UsedChallenge
from accounts.models.link import OneTimeLink
from accounts.models.pending import PendingLogin
from accounts.models.policy import GroupPolicy
from accounts.models.session import Session
from accounts.models.throttle import ThrottleBucket
from accounts.models.user import User

__all__ = [
    "AppendOnly",
    "AuditEvent",
    "GroupPolicy",
    "OneTimeLink",
    "Passkey",
    "PendingLogin",
    "RecoveryCode",
    "Session",
    "ThrottleBucket",
    "Totp",
    "TrustedDevice",
    "UsedChallenge",
    "User",
]
