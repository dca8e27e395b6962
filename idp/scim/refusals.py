"""What went wrong, as a SCIM error (RFC 7644 section 3.12): status, scimType, and words for the client's makers."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from idp.clients.json_values import Unfit
from idp.protocol.errors import OAuthError
from idp.scim.calls import Reply

# What an operation may raise that is the client's doing.
EXPECTED = (SCIMException, ValidationError, OAuthError, Unfit, RequestDataTooBig)


def reply(error: Exception) -> Reply:
    told = _error(error)
    return Reply(int(told.status or 400), told.model_dump())


def _error(error: Exception) -> Error:
    if isinstance(error, ValidationError):
        return _plain(Error.from_validation_errors(error)[0])
    if isinstance(error, SCIMException):
        return _plain(error.to_error())
    if isinstance(error, OAuthError):
        return Error(status=error.status, detail=error.description or "A bearer token is needed.")
    if isinstance(error, RequestDataTooBig):
        return Error(status=413, detail="The request is too large.")
    return Error(status=400, scim_type="invalidSyntax", detail=f"The document has to be {error}.")


def _plain(error: Error) -> Error:
    """Words may hold what the client sent, which need not be text that can be encoded."""
    detail = (error.detail or "").encode("utf-8", "replace").decode()
    return Error(status=error.status, scim_type=error.scim_type, detail=detail[:500])


def not_allowed(*methods: str) -> Reply:
    body: dict[str, Any] = Error(status=405, detail=f"Use {' or '.join(methods)}.").model_dump()
    return Reply(405, body, allow=methods)
