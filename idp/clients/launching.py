"""The apps that an invited person can land at: those that can begin a sign-in from here (OIDC Core section 4)."""

from accounts import landings
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


def register() -> None:
    landings.register(places)
