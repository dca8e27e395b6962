"""The resources that we serve (RFC 7643): of each only the attributes that are kept here, so that none is promised.

Their names, types and the rest of /Schemas follow from these classes.
"""

from typing import Annotated, Any, Union

from django.conf import settings
from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    External,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Returned,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from accounts.validators import time_zones
from idp.conf import conf

LARGEST_PAGE = 200
MOST_OPERATIONS = 100
_KINDS = ["work", "home", "other"]


class Name(ComplexAttribute):
    family_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None


class Email(ComplexAttribute):
    value: str | None = None
    type: str | None = Field(None, examples=_KINDS)
    primary: bool | None = None


class PhoneNumber(ComplexAttribute):
    value: str | None = None
    type: str | None = Field(None, examples=[*_KINDS, "mobile", "fax", "pager"])
    primary: bool | None = None


class Photo(ComplexAttribute):
    value: Reference[External] | None = None
    type: str | None = Field(None, examples=["photo", "thumbnail"])
    primary: bool | None = None


class Address(ComplexAttribute):
    formatted: str | None = None
    street_address: str | None = None
    locality: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    type: str | None = Field(None, examples=_KINDS)
    primary: bool | None = None


class GroupMembership(ComplexAttribute):
    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only] = None
    type: Annotated[str | None, Mutability.read_only] = Field(None, examples=["direct", "indirect"])


class User(Resource[Any]):
    """A person."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    nick_name: str | None = None
    profile_url: Reference[External] | None = None
    locale: str | None = Field(None, examples=["en", "de", "fr", "es", "zh-Hans"])
    timezone: str | None = Field(None, examples=sorted(time_zones()))
    active: bool | None = None
    password: Annotated[str | None, Mutability.write_only, Returned.never, CaseExact.true] = None
    emails: list[Email] | None = None
    phone_numbers: list[PhoneNumber] | None = None
    photos: list[Photo] | None = None
    addresses: list[Address] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None


class GroupMember(ComplexAttribute):
    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[Union["User", "Group"]] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User", "Group"])


class Group(Resource[Any]):
    """A group of people, and of other groups."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    members: list[GroupMember] | None = None


def config() -> ServiceProviderConfig:
    """What is announced at /ServiceProviderConfig (RFC 7643 section 5)."""
    return ServiceProviderConfig(
        documentation_uri=Reference[External](conf().url("/developers")),
        patch=Patch(supported=True),
        bulk=Bulk(
            supported=True,
            max_operations=MOST_OPERATIONS,
            max_payload_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        ),
        filter=Filter(supported=True, max_results=LARGEST_PAGE),
        change_password=ChangePassword(supported=True),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A provisioning token, or an access token of client_credentials for this API.",
                spec_uri=Reference[External]("https://www.rfc-editor.org/info/rfc6750"),
                primary=True,
            )
        ],
    )


# What Microsoft Entra and others send beside the letter of the RFCs: attributes that are not kept here are passed
# over, a removal may name its values, and a value that a path looks for is made where there is none.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
PROVIDER = ScimProvider(
    models=[User, Group],
    resource_types=[ResourceType.from_resource(User), ResourceType.from_resource(Group)],
    policy=POLICY,
)
