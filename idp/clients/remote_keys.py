"""The public keys of an app: those it registered, or those at its jwks_uri, fetched again for a new kid.

OIDC Core sections 10.1.1 and 10.2.1. An app that changes its key is heard at once (INTEROP 14).
"""

from datetime import datetime, timedelta

from idp.clients.bounds import Recent
from idp.clients.json_values import Unfit, read_object
from idp.clients.remote import Remote
from idp.models import Client
from idp.outbound import Unreachable, fetch_for_strangers
from keys import foreign
from keys.foreign import ForeignKeys, Key

MAX_BYTES = 256 * 1024  # S-070
MAX_AGE_TO_ENCRYPT = timedelta(minutes=5)  # no kid tells us of a new key here, so we look more often


def at(url: str) -> Remote[ForeignKeys]:
    return Remote(lambda: _fetched(url))


def _fetched(url: str) -> ForeignKeys:
    """Raises Unreachable for whatever is no JWK set, too."""
    answer = fetch_for_strangers(url, max_bytes=MAX_BYTES)
    if answer.status != 200:
        raise Unreachable(f"status {answer.status}")
    try:
        return foreign.read(read_object(answer.body, limit=MAX_BYTES))
    except (Unfit, foreign.UnfitKeys) as error:
        raise Unreachable("no JWK set") from error


class KeysOf:
    """The keys of one app at one moment, as `keys.verification.verify` asks for them, and for encryption."""

    def __init__(self, client: Client, now: datetime) -> None:
        self._client, self._now = client, now

    def find(self, kid: str) -> Key | None:
        if remote := _remote_of(self._client):
            return remote.find(lambda keys: keys.find(kid), self._now)
        return _registered(self._client).find(kid)

    def to_encrypt(self, algorithm: str) -> Key | None:
        """The app's key for that way of wrapping keys, if there is one."""
        if remote := _remote_of(self._client):
            return remote.find(lambda keys: keys.to_encrypt(algorithm), self._now, MAX_AGE_TO_ENCRYPT)
        return _registered(self._client).to_encrypt(algorithm)


def _remote_of(client: Client) -> Remote[ForeignKeys] | None:
    uri = client.jwks_uri
    return _remote.get((client.client_id, uri), lambda: at(uri)) if uri else None


def _registered(client: Client) -> ForeignKeys:
    if not client.jwks:
        return ForeignKeys([])
    return _parsed.get((client.client_id, client.revision), lambda: foreign.read(client.jwks))


def forget() -> None:
    """For tests: as if the process had just begun."""
    global _remote, _parsed
    _remote, _parsed = Recent(), Recent()


_remote: Recent[Remote[ForeignKeys]] = Recent()
_parsed: Recent[ForeignKeys] = Recent()
