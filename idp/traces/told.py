"""What an app is told of a refusal: the error's members, and where its developer reads on (RFC 6749 section 5.2)."""

from idp.conf import conf
from idp.protocol.errors import OAuthError


def members(refusal: OAuthError) -> dict[str, str]:
    """With `error_uri`, the page in docs/errors of the check that failed."""
    return {**refusal.as_params(), "error_uri": page_of(refusal.check)}


def page_of(check: str) -> str:
    return conf().url(f"/docs/errors/{check}")
