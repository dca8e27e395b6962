"""Making and ending the secrets of a client: shown once, kept as a digest, two live at a time (S-042).

Where the secret has to sign (client_secret_jwt, HS256) it is kept itself as well, sealed.
"""

from datetime import datetime

from django.db import transaction

from idp.clients import signing_secrets
from idp.clients.authentication import SECRET
from idp.models import Client, ClientSecret
from idp.protocol.secrets import digest, mint
from keys import events, sealing


def live(client: Client, now: datetime) -> list[ClientSecret]:
    """Newest first."""
    kept = ClientSecret.objects.filter(client=client).order_by("-created_at", "-pk")
    return [secret for secret in kept if secret.is_live(now)]


def issue(client: Client, now: datetime) -> str:
    """A new secret, which nobody can read again. Making a third ends the oldest of the two before it."""
    value = mint()
    with transaction.atomic():
        Client.objects.select_for_update().get(pk=client.pk)  # two at once would both leave room for one more
        for surplus in live(client, now)[ClientSecret.MAX_LIVE - 1 :]:
            surplus.delete()
        client.secrets.create(
            digest=digest(value, SECRET), sealed=_sealed(value, client), hint=value[-4:], created_at=now
        )
        client.touch()
    return value


def _sealed(value: str, client: Client) -> str:
    if not client.secret_signs:
        return ""
    return sealing.seal(value.encode(), context=signing_secrets.context(client))


def fit(client: Client) -> None:
    """After a change of the app: no secret is left that it has no use for, and none readable."""
    if not client.has_secret:
        end_all(client)
    elif not client.secret_signs:
        client.secrets.exclude(sealed="").update(sealed="")


def rewrap() -> int:
    """Seals what is sealed under the current encryption key; how many that changed."""
    old = [
        secret
        for secret in ClientSecret.objects.exclude(sealed="").select_related("client")
        if sealing.sealed_version(secret.sealed) != sealing.current_version()
    ]
    for secret in old:
        secret.sealed = sealing.reseal(secret.sealed, context=signing_secrets.context(secret.client))
        secret.save(update_fields=["sealed"])
        secret.client.touch()
    return len(old)


def register() -> None:
    if rewrap not in events.rewrappers:
        events.rewrappers.append(rewrap)


def end(secret: ClientSecret) -> None:
    """From now on it opens nothing, in every process."""
    with transaction.atomic():
        secret.delete()
        secret.client.touch()


def end_all(client: Client) -> None:
    """For a client that has no secret any more: its old secrets must not come back to life with a change of mind."""
    with transaction.atomic():
        client.secrets.all().delete()
        client.touch()
