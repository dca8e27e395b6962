"""The apps that an invited person can land at: those that can begin a sign-in from here (OIDC Core section 4)."""

from urllib.parse import urlsplit

from accounts import destinations, landings
from accounts.destinations import Destination
from accounts.landings import Landing
from idp.models import Client
from idp.protocol import redirects


def places() -> dict[str, Landing]:
    apps = Client.objects.filter(enabled=True, self_registered=False).exclude(initiate_login_uri="")
    return {
        client.client_id: Landing(
            name=client.name,
            address=client.launch_address,
            form_action=sorted(
                {redirects.origin(uri) for uri in (client.launch_address, *client.redirect_uris)}
            ),
        )
        for client in apps
    }


def describe(next_path: str) -> Destination | None:
    """The app at which somebody lands: only a sign-in of ours leads on to an address outside."""
    if "://" not in next_path:
        return None
    here = (place for place in places().values() if place.address == next_path)
    return next(
        (
            Destination(each.name, urlsplit(each.address).netloc, form_action=each.form_action)
            for each in here
        ),
        None,
    )


def register() -> None:
    landings.register(places)
    destinations.register(describe)
