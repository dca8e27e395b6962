"""Which APIs an app may ask tokens for (RFC 8707): those an admin chose for it, those for every app, and userinfo."""

from collections.abc import Iterable

from django.db.models import Q

from idp.models import Api, Client
from idp.models.api import own_identifiers
from idp.protocol.errors import InvalidTarget


def foreign(resources: Iterable[str]) -> tuple[str, ...]:
    """Those that are not our own userinfo."""
    return tuple(name for name in resources if name not in own_identifiers())


def find(resources: tuple[str, ...], client: Client) -> list[Api]:
    """The registered APIs among `resources`, of which this app may ask for each. Raises InvalidTarget."""
    names = foreign(resources)
    if not names:
        return []
    found = list(
        Api.objects.filter(
            Q(open_to_all=True) | Q(identifier__in=client.resources), identifier__in=names, enabled=True
        )
    )
    if len(found) < len(names):
        unknown = set(names) - {api.identifier for api in found}
        raise InvalidTarget(
            "A resource is not known here, or not for this app.",
            reason=f"resource {min(unknown)}",
            check="resource-known",
            expected=client.resources,
            received=names,
        )
    return found


def names_of(identifiers: Iterable[str]) -> dict[str, str]:
    """What people call them, by identifier."""
    return dict(Api.objects.filter(identifier__in=list(identifiers)).values_list("identifier", "name"))
