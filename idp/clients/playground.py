"""The playground's app: a public client of ours like any other, and who may use it while IDP_PLAYGROUND stands so."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts import audit
from accounts.models import User
from idp.conf import conf
from idp.models import Client

CLIENT_ID = "playground"
SCOPES = ["openid", "profile", "email", "groups"]
TOKEN_SECONDS = 300
REFRESH_SECONDS = 3600
OFF, ADMIN, ON = "off", "admin", "on"


class NameTaken(Exception):
    """Another app has the id; it is left alone."""


def is_off() -> bool:
    return bool(settings.PLAYGROUND == OFF)


def open_to(user: User | AnonymousUser) -> bool:
    """The kill switch. Asked at each authorization, refresh and use of a token too, so turning it ends them all."""
    return bool(
        settings.PLAYGROUND == ON or (settings.PLAYGROUND == ADMIN and user.is_staff and user.is_active)
    )


def ensure() -> Client:
    """The app, made at the first visit; follows the issuer when that has changed. Raises NameTaken."""
    client, created = Client.objects.get_or_create(client_id=CLIENT_ID, defaults=_wanted())
    if created:
        audit.record("client.created", client_id=CLIENT_ID, name=client.name)
    elif not is_ours(client):
        raise NameTaken
    elif client.redirect_uris != _addresses()["redirect_uris"]:
        for name, value in _addresses().items():
            setattr(client, name, value)
        client.save()
    return client


def is_ours(client: Client) -> bool:
    """Whether it is the playground's: an app of somebody else may have come by the id first, and is none of it."""
    return (
        client.client_id == CLIENT_ID
        and client.is_public
        and all(uri.endswith("/playground/callback") for uri in client.redirect_uris)
    )


def _addresses() -> dict[str, object]:
    return {
        "redirect_uris": [conf().url("/playground/callback")],
        "post_logout_redirect_uris": [conf().url("/playground")],
        "client_uri": conf().url("/playground"),
    }


def _wanted() -> dict[str, object]:
    """Short lives, no offline access, and no audience but ourselves: its tokens open nobody else's API."""
    return {
        "name": "Playground",
        "token_endpoint_auth_method": Client.AuthMethod.NONE,
        "first_party": True,
        "scopes": SCOPES,
        "access_token_seconds": TOKEN_SECONDS,
        "id_token_seconds": TOKEN_SECONDS,
        "refresh_idle_seconds": REFRESH_SECONDS,
        "refresh_seconds": REFRESH_SECONDS,
        **_addresses(),
    }
