"""How each cookie of ours is set but that of `browser_state`, which frames of apps read: unseen by scripts (S-110)."""

from django.conf import settings
from django.http import HttpResponse


def put(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    """Until so many seconds have passed; an empty value takes it away."""
    if not value:
        response.delete_cookie(name, path="/", samesite="Lax")
        return
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
