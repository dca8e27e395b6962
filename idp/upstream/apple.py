"""Apple's client secret: a JWT that is signed with the key of the developer account, new for each request."""

from datetime import datetime, timedelta

from idp.models import Upstream
from keys.signing import sign_with_private_key

LIFETIME = timedelta(
    minutes=5
)  # Apple takes up to six months; nothing is gained by more than one request needs
_AUDIENCE = "https://appleid.apple.com"


def client_secret(upstream: Upstream, pem: bytes, *, now: datetime) -> str:
    """Raises ValueError when the key is no P-256 key."""
    claims = {
        "iss": upstream.team_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "aud": _AUDIENCE,
        "sub": upstream.client_id,
    }
    return sign_with_private_key(pem, claims, kid=upstream.key_id, algorithm="ES256")
