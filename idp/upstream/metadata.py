"""What a provider says of itself (OpenID Connect Discovery section 4), fetched when needed and kept for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.clients import remote_keys
from idp.clients.bounds import Recent
from idp.clients.json_values import Unfit, read_object
from idp.clients.remote import Remote
from idp.models import Upstream
from idp.outbound import Unreachable, check_address, fetch
from idp.upstream import presets
from idp.upstream.refusals import Unavailable
from keys.foreign import ForeignKeys, Key

# Public keys only: a secret that signs would let whoever can check a token make one (S-051).
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)


class Unusable(Unreachable):
    """The document is no metadata of that provider."""


@dataclass(frozen=True)
class Metadata:
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str = ""
    jwks_uri: str = ""
    algorithms: tuple[str, ...] = ("RS256",)
    auth_methods: tuple[str, ...] = ("client_secret_basic",)
    says_iss: bool = False  # RFC 9207: its every answer names it


def of(upstream: Upstream, now: datetime) -> Metadata:
    """Raises Unavailable."""
    if not presets.kind(upstream).is_oidc:
        return _github(presets.address(upstream))
    where = presets.address(upstream), presets.issuer(upstream)
    found = _discovered.get(where, lambda: Remote(lambda: fetched(*where))).find(lambda known: known, now)
    if found is None:
        raise Unavailable("no usable metadata")
    return found


class KeysOf:
    """The provider's keys at one moment; an unknown kid is looked for anew, a few times a minute and no more."""

    def __init__(self, uri: str, now: datetime) -> None:
        self._remote, self._now = _keys.get((uri, ""), lambda: remote_keys.at(uri)), now

    def find(self, kid: str) -> Key | None:
        return self._remote.find(lambda keys: keys.find(kid), self._now)

    def count(self) -> int:
        """How many there are, for whoever checks that there are any."""
        return self._remote.find(lambda keys: len(keys.all) or None, self._now) or 0


def fetched(address: str, issuer: str) -> Metadata:
    """Raises Unreachable; Unusable for what is no metadata of that provider."""
    answer = fetch(f"{address.rstrip('/')}/.well-known/openid-configuration")
    if answer.status != 200:
        raise Unusable(f"status {answer.status}")
    try:
        return read(read_object(answer.body), issuer)
    except Unfit as error:
        raise Unusable("no JSON object") from error


def read(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Discovery section 4.3: its issuer is the one that was asked, to the letter. Raises Unusable."""
    if document.get("issuer") != issuer:
        raise Unusable("its issuer is another")
    needed = {
        name: _address(document, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    if not all(needed.values()):
        raise Unusable("an endpoint is missing")
    offered = _names(document, "id_token_signing_alg_values_supported") or ("RS256",)
    return Metadata(
        **needed,
        userinfo_endpoint=_address(document, "userinfo_endpoint"),
        algorithms=tuple(name for name in ALGORITHMS if name in offered),
        auth_methods=_names(document, "token_endpoint_auth_methods_supported") or ("client_secret_basic",),
        says_iss=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(document: Mapping[str, Any], name: str) -> str:
    if not (value := document.get(name)):
        return ""
    try:
        check_address(value)
    except ValueError as error:
        raise Unusable(f"{name}: {error}") from error
    return str(value)


def _names(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = document.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _github(address: str) -> Metadata:
    """OAuth 2 without discovery; GitHub Enterprise Server has its API under its own host."""
    api = "https://api.github.com" if address == "https://github.com" else f"{address}/api/v3"
    return Metadata(
        authorization_endpoint=f"{address}/login/oauth/authorize",
        token_endpoint=f"{address}/login/oauth/access_token",
        userinfo_endpoint=f"{api}/user",
        auth_methods=("client_secret_post",),
    )


def forget() -> None:
    """For tests: as if the process had just begun."""
    global _discovered, _keys
    _discovered, _keys = Recent(), Recent()


_discovered: Recent[Remote[Metadata]] = Recent()
_keys: Recent[Remote[ForeignKeys]] = Recent()
