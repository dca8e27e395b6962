"""Origins of apps: whose pages those of an address are, told from where its sign-ins return to."""

from idp.models import Client
from idp.protocol.redirects import browser_origin


def is_known(origin: str) -> bool:
    """Whether an enabled app returns to an address of this origin, spelled as browsers do."""
    host = origin.partition("://")[2]
    # The database narrows it down; what counts is the whole origin of an address.
    near = (
        Client.objects.filter(enabled=True, redirect_uris__icontains=host) if host else Client.objects.none()
    )
    lists = near.values_list("redirect_uris", flat=True)
    return any(browser_origin(uri) == origin for uris in lists for uri in uris)
