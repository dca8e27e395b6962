"""The ways that the pages of people offer: one for each provider that is switched on."""

from functools import partial

from django.conf import settings

from accounts import elsewhere
from accounts.elsewhere import Way
from accounts.prepared import Prepared
from idp.models import Upstream
from idp.upstream import presets
from keys import events, sealing

# Every login page asks for them.
_OPEN: Prepared[Upstream] = Prepared(lambda: Upstream.objects.filter(enabled=True))


def ways() -> list[Way]:
    return [way(upstream) for upstream in _OPEN.all()]


def way(upstream: Upstream) -> Way:
    return Way(
        name=upstream.name,
        view="upstream",
        slug=upstream.slug,
        gives=partial(presets.fits, upstream),
        mark=presets.kind(upstream).mark,
        shown=upstream.shown,
    )


def redirect_uri(upstream: Upstream) -> str:
    """One for each provider, so that an answer of one is never taken for another's (RFC 9700 section 4.4.2)."""
    return f"{settings.ISSUER}/login/with/{upstream.slug}/callback"


def seal(upstream: Upstream, secret: str) -> None:
    """The caller saves."""
    upstream.sealed_secret = sealing.seal(secret.encode(), context=upstream.sealed_for) if secret else ""


def rewrap() -> int:
    """All client secrets under the current encryption key."""
    changed = 0
    for upstream in Upstream.objects.exclude(sealed_secret="").exclude(
        sealed_secret__startswith=f"{sealing.current_version()}."
    ):
        sealed = sealing.reseal(upstream.sealed_secret, context=upstream.sealed_for)
        changed += Upstream.objects.filter(pk=upstream.pk, sealed_secret=upstream.sealed_secret).update(
            sealed_secret=sealed
        )
    return changed


def register() -> None:
    elsewhere.register(ways)
    if rewrap not in events.rewrappers:
        events.rewrappers.append(rewrap)
