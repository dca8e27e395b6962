"""What an access token is for: its audience, and what follows from that (RFC 8707 section 2.2, RFC 9068 section 3)."""

from dataclasses import dataclass, replace
from datetime import timedelta

from idp.clients import apis
from idp.conf import conf
from idp.models import Api, Client
from idp.protocol.errors import InvalidTarget
from idp.protocol.scopes import KNOWN


@dataclass(frozen=True)
class Target:
    """`scopes` are those that mean something there; None where all do."""

    audience: tuple[str, ...]
    lifetime: timedelta
    algorithm: str
    scopes: frozenset[str] | None = None

    def of(self, scope: tuple[str, ...]) -> tuple[str, ...]:
        """The part of `scope` that a token for this target carries."""
        return scope if self.scopes is None else tuple(name for name in scope if name in self.scopes)


def of(resources: tuple[str, ...], client: Client) -> Target:
    """The target of a token for `resources`; without any the app's usual one. Raises InvalidTarget.

    A token for several lives as long as the most careful of them lets it.
    """
    if not resources:
        return Target(
            (conf().issuer, *client.audiences),
            client.access_token_lifetime,
            client.access_token_signed_response_alg,
        )
    found = apis.find(resources, client)
    of_each = [_alone(api, client) for api in found]
    if len(found) < len(resources):  # userinfo is among them
        of_each.append(replace(of((), client), scopes=frozenset(KNOWN)))
    if len({each.algorithm for each in of_each}) > 1:
        raise InvalidTarget(
            "These resources read different signatures: ask for a token for each.",
            check="resource-known",
            received=resources,
        )
    return Target(
        resources,
        min(each.lifetime for each in of_each),
        of_each[0].algorithm,
        frozenset[str]().union(*(each.scopes or () for each in of_each)),
    )


def _alone(api: Api, client: Client) -> Target:
    seconds = api.access_token_seconds
    return Target(
        (api.identifier,),
        timedelta(seconds=seconds) if seconds else client.access_token_lifetime,
        api.access_token_signed_response_alg or client.access_token_signed_response_alg,
        frozenset(api.scopes),
    )
