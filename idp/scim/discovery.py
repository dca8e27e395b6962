"""What the server says of itself (RFC 7644 section 4): its capabilities, types of resources and schemas."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from scim2_models import Context, ForbiddenException, Meta, NotFoundException, Resource, ResourceType, Schema

from idp.scim.calls import Call, Reply, address
from idp.scim.schemas import PROVIDER, config

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def largest_payload() -> int:
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _config(call: Call, *rest: str) -> Reply:
    if rest:
        raise NotFoundException(detail="There is one configuration.")
    found = config()
    found.meta = Meta(resource_type="ServiceProviderConfig", location=address("ServiceProviderConfig"))
    return Reply(200, found.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _schemas(call: Call, *rest: str) -> Reply:
    return _one_or_all(call, "Schemas", "Schema", PROVIDER.schemas, *rest)


def _resource_types(call: Call, *rest: str) -> Reply:
    return _one_or_all(call, "ResourceTypes", "ResourceType", PROVIDER.resource_types, *rest)


def _one_or_all(
    call: Call, endpoint: str, name: str, found: Iterable[Schema | ResourceType], *rest: str
) -> Reply:
    """A filter is refused, so that nobody takes all for what fits (RFC 7644 section 4)."""
    if call.query.get("filter"):
        raise ForbiddenException(detail="What describes the server is not filtered.")
    shown = [_shown(each, endpoint, name) for each in found]
    if rest:
        for each in shown:
            if each["id"].lower() == rest[0].lower():
                return Reply(200, each)
        raise NotFoundException(detail=f"There is no such {name}.")
    body: dict[str, Any] = {
        "schemas": [_LIST],
        "totalResults": len(shown),
        "startIndex": 1,
        "itemsPerPage": len(shown),
        "Resources": shown,
    }
    return Reply(200, body)


def _shown(each: Resource[Any], endpoint: str, name: str) -> dict[str, Any]:
    copy = each.model_copy()
    copy.meta = Meta(resource_type=name, location=address(endpoint, each.id))
    return copy.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)


ENDPOINTS: dict[str, Callable[..., Reply]] = {
    "ServiceProviderConfig": _config,
    "Schemas": _schemas,
    "ResourceTypes": _resource_types,
}
