"""What the login page may say of where one is going: the app behind a saved authorization request."""

from urllib.parse import urlsplit

from django.utils import timezone

from accounts import destinations
from accounts.destinations import Destination
from idp.authorization import saved
from idp.protocol import redirects


def host(uri: str) -> str:
    """The host of an address as it goes over the wire (punycode), or the scheme of an app's own (S-085)."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def describe(next_path: str) -> Destination | None:
    """The app that `/oauth2/authorize/<id>` waits for."""
    prefix, _, request_id = next_path.rpartition("/")
    if prefix + "/" != saved.PATH or (found := saved.find(request_id, now=timezone.now())) is None:
        return None
    uri = found.params.get("redirect_uri", "")
    return Destination(
        name=found.client.name,
        host=host(uri),
        logo_uri=found.client.shown_logo,
        img_src=found.client.logo_sources,
        policy_uri=found.client.policy_uri,
        tos_uri=found.client.tos_uri,
        form_action=[redirects.origin(uri)],
        login_hint=found.params.get("login_hint", "")[:254],
        max_age=_max_age(found.params, found.client.default_max_age),
    )


def _max_age(params: dict[str, str], default: int | None) -> int | None:
    """How old a sign-in somewhere else may be for it; what can't be read is refused where the request is judged."""
    if "login" in params.get("prompt", "").split():
        return 0
    seconds = params.get("max_age", "")
    return int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 10 else default


def register() -> None:
    destinations.register(describe)
