"""A provisioning client, and what it is told."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from idp.clients import scim_tokens
from idp.models import ScimToken

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def make_token(client: str = "entra", **fields: Any) -> str:
    now = timezone.now()
    token = ScimToken(client=client, expires_at=now + timedelta(days=90), **fields)
    return scim_tokens.seal(token, now=now)


@dataclass
class Scim:
    """Speaks SCIM with one token."""

    token: str

    def __call__(self, method: str, path: str, document: Any = None, **headers: str) -> Any:
        extra = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        body = "" if document is None else json.dumps(document)
        return Client().generic(
            method,
            f"/scim/v2{path}",
            body,
            content_type="application/scim+json",
            HTTP_AUTHORIZATION=f"Bearer {self.token}",
            **extra,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def user(self, user_name: str = "alice", **fields: Any) -> dict[str, Any]:
        response = self("POST", "/Users", {"schemas": [USER], "userName": user_name, **fields})
        assert response.status_code == 201, response.content
        return dict(response.json())

    def group(self, name: str = "chess", members: Any = (), **fields: Any) -> dict[str, Any]:
        document = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}
        response = self("POST", "/Groups", {**document, **fields})
        assert response.status_code == 201, response.content
        return dict(response.json())

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Any:
        return self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    def found(self, endpoint: str, **query: Any) -> list[str]:
        """What the resources of a list are called."""
        return [
            each.get("userName") or each["displayName"]
            for each in self.listed(endpoint, **query)["Resources"]
        ]

    def listed(self, endpoint: str, **query: Any) -> dict[str, Any]:
        response = self.get(f"/{endpoint}?{urlencode(query)}")
        assert response.status_code == 200, response.content
        return dict(response.json())


@pytest.fixture
def scim(db: None, cheap_passwords: None) -> Scim:
    return Scim(make_token())


@pytest.fixture
def scim_of(db: None, cheap_passwords: None) -> Callable[..., Scim]:
    return lambda *args, **fields: Scim(make_token(*args, **fields))
