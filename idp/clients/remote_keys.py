"""The public keys of an app: those it registered, or those at its jwks_uri, fetched again for a new kid.

OIDC Core sections 10.1.1 and 10.2.1. An app that changes its key is heard at once (INTEROP 14); an address that
fails, or that is asked for kids without end, costs a few fetches a minute and no more.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from idp.clients.bounds import Recent, Share
from idp.clients.json_values import Unfit, read_object
from idp.models import Client
from idp.outbound import Busy, Unreachable, fetch_for_strangers
from keys import foreign
from keys.foreign import ForeignKeys, Key

MAX_BYTES = 256 * 1024  # S-070
MAX_AGE = timedelta(hours=1)
MAX_AGE_TO_ENCRYPT = timedelta(minutes=5)  # no kid tells us of a new key here, so we look more often
LONGEST_STALE = timedelta(hours=24)  # while the address does not answer
PAUSE_AFTER_FAILURE = timedelta(seconds=30)
LONGEST_WAIT = 1.0  # seconds after another thread began to fetch
MOST_IN_WINDOW = 5


class Remote:
    """What is known of one app's jwks_uri; one thread fetches at a time, the others wait a moment for what it finds.

    Strangers can have an app's keys asked for, so a slow address may hold one thread, and never all (S-014).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._keys = ForeignKeys([])
        self._read_at: datetime | None = None
        self._share = Share(MOST_IN_WINDOW)
        self._failed_at: datetime | None = None
        self._lock = threading.Lock()
        self._began = 0.0

    def find(self, kid: str, now: datetime) -> Key | None:
        """From keys at most MAX_AGE old while the address answers; fetched for a kid that is not among them."""
        return self._chosen(lambda keys: keys.find(kid), MAX_AGE, now)

    def to_encrypt(self, algorithm: str, now: datetime) -> Key | None:
        return self._chosen(lambda keys: keys.to_encrypt(algorithm), MAX_AGE_TO_ENCRYPT, now)

    def count(self, now: datetime) -> int:
        """How many there are, for whoever checks that there are any."""
        if self._is_older(MAX_AGE, now):
            self._renew(now, self._read_at)
        return len(self._keys.all)

    def _chosen(
        self, choose: Callable[[ForeignKeys], Key | None], age: timedelta, now: datetime
    ) -> Key | None:
        seen = self._read_at
        key = None if self._is_older(age, now) else choose(self._keys)
        if key is None:
            self._renew(now, seen)
            key = None if self._is_older(LONGEST_STALE, now) else choose(self._keys)
        return key

    def _is_older(self, age: timedelta, now: datetime) -> bool:
        return self._read_at is None or self._read_at <= now - age

    def _renew(self, now: datetime, seen: datetime | None) -> None:
        """Fetches, unless another thread did since `seen`, or the app has had its share."""
        if not self._lock.acquire(timeout=max(0.0, self._began + LONGEST_WAIT - time.monotonic())):
            return
        try:
            if self._read_at is not seen or not self._may_fetch(now):
                return
            self._began = time.monotonic()
            self._keys = _fetched(self.url)
            self._read_at, self._failed_at = now, None
        except Busy:
            return
        except Unreachable:
            self._failed_at = now
        finally:
            self._lock.release()

    def _may_fetch(self, now: datetime) -> bool:
        if self._failed_at is not None and now - self._failed_at < PAUSE_AFTER_FAILURE:
            return False
        return self._share.take(now)


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
            return remote.find(kid, self._now)
        return _registered(self._client).find(kid)

    def to_encrypt(self, algorithm: str) -> Key | None:
        """The app's key for that way of wrapping keys, if there is one."""
        if remote := _remote_of(self._client):
            return remote.to_encrypt(algorithm, self._now)
        return _registered(self._client).to_encrypt(algorithm)


def _remote_of(client: Client) -> Remote | None:
    uri = client.jwks_uri
    return _remote.get((client.client_id, uri), lambda: Remote(uri)) if uri else None


def _registered(client: Client) -> ForeignKeys:
    if not client.jwks:
        return ForeignKeys([])
    return _parsed.get((client.client_id, client.revision), lambda: foreign.read(client.jwks))


def forget() -> None:
    """For tests: as if the process had just begun."""
    global _remote, _parsed
    _remote, _parsed = Recent(), Recent()


_remote: Recent[Remote] = Recent()
_parsed: Recent[ForeignKeys] = Recent()
