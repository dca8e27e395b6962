"""What the protocol needs of the settings, typed and checked."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from accounts.sequence import METHODS

LONGEST_TOKEN = timedelta(hours=24)  # an old key is served until the last token that it signed is dead
LONGEST_GRACE = timedelta(seconds=10)
LONGEST_CODE = timedelta(minutes=10)  # RFC 6749 section 4.1.2


@dataclass(frozen=True)
class Conf:
    """Lifetimes of what we issue, and the issuer: the start of every address that we print."""

    issuer: str
    code_lifetime: timedelta
    access_token_lifetime: timedelta
    id_token_lifetime: timedelta
    refresh_token_idle: timedelta
    refresh_token_lifetime: timedelta
    refresh_grace: timedelta
    require_dpop_nonce: bool
    require_pushed_requests: bool
    acr_ladder: dict[str, frozenset[str]]
    session_management: bool

    def url(self, path: str) -> str:
        return f"{self.issuer}{path}"

    def problems(self) -> list[tuple[str, str]]:
        """(setting, what is wrong with it) for each value that would break a promise."""
        found = []
        if not timedelta(seconds=1) <= self.code_lifetime <= LONGEST_CODE:
            found.append(("IDP_CODE_LIFETIME", "has to be between 1s and 10m"))
        for name, lifetime in (("ACCESS", self.access_token_lifetime), ("ID", self.id_token_lifetime)):
            if not timedelta(seconds=1) <= lifetime <= LONGEST_TOKEN:
                found.append((f"IDP_{name}_TOKEN_LIFETIME", "has to be between 1s and 24h"))
        if self.refresh_token_idle > self.refresh_token_lifetime:
            found.append(("IDP_REFRESH_TOKEN_IDLE", "has to be at most IDP_REFRESH_TOKEN_LIFETIME"))
        if self.refresh_grace > LONGEST_GRACE:
            found.append(("IDP_REFRESH_GRACE", "has to be at most 10s (S-030)"))
        for level, methods in self.acr_ladder.items():
            if not methods <= METHODS:
                found.append(("IDP_ACR_LADDER", f"{level} needs a method that no sign-in here has"))
        return found


@lru_cache(maxsize=1)
def conf() -> Conf:
    return Conf(
        issuer=settings.ISSUER,
        code_lifetime=settings.CODE_LIFETIME,
        access_token_lifetime=settings.ACCESS_TOKEN_LIFETIME,
        id_token_lifetime=settings.ID_TOKEN_LIFETIME,
        refresh_token_idle=settings.REFRESH_TOKEN_IDLE,
        refresh_token_lifetime=settings.REFRESH_TOKEN_LIFETIME,
        refresh_grace=settings.REFRESH_GRACE,
        require_dpop_nonce=settings.REQUIRE_DPOP_NONCE,
        require_pushed_requests=settings.REQUIRE_PUSHED_REQUESTS,
        acr_ladder=settings.ACR_LADDER,
        session_management=settings.SESSION_MANAGEMENT,
    )


@receiver(setting_changed)
def _forget(**_: Any) -> None:
    conf.cache_clear()
