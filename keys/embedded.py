"""The key that a token brings with it, which shows that the sender holds it and nothing else (RFC 9449 section 4.3).

Everywhere else S-052 holds: `verify` takes no key out of a token by itself; whoever wants that has to ask here.
"""

from joserfc.jwk import Key

from keys.foreign import read
from keys.verification import InvalidToken, unproven


class OwnKey:
    """The public key of a token's own header, as `keys.verification.verify` asks for keys."""

    def __init__(self, token: str) -> None:
        """Raises InvalidToken when there is none, or one that is private, symmetric or weak."""
        header, _ = unproven(token)
        key = read({"keys": [header.get("jwk")]}).find("")
        if key is None:
            raise InvalidToken("jwk is no public key that is strong enough")
        self._key = key
        self.thumbprint: str = key.thumbprint()  # RFC 7638, SHA-256

    def find(self, kid: str) -> Key:
        return self._key
