"""What reaches this server of a request of the doctor's: Host, addresses and headers, as the proxy passed them on.

Only to who holds IDP_SECRET_KEY: the header X-Signet-Doctor is a time that it signed.
"""

from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

HEADER = "X-Signet-Doctor"
_SECONDS = 60


def sign() -> str:
    return signing.TimestampSigner(salt="signet.doctor").sign("look")


def seen(request: HttpRequest) -> dict[str, Any]:
    """Empty for everybody else."""
    signed = request.headers.get(HEADER, "")
    if not signed:
        return {}
    try:
        signing.TimestampSigner(salt="signet.doctor").unsign(signed, max_age=_SECONDS)
    except signing.BadSignature:
        return {}
    meta = request.META
    return {
        "seen": {
            "host": meta.get("HTTP_HOST", ""),
            "remote": meta.get("REMOTE_ADDR", ""),
            "forwarded_for": meta.get("HTTP_X_FORWARDED_FOR", ""),
            "forwarded_proto": meta.get("HTTP_X_FORWARDED_PROTO", ""),
            "client": getattr(request, "client_address", ""),
            "time": timezone.now().timestamp(),
        }
    }
