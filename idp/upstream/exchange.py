"""The code for tokens, and what is asked with them: Authlib's client for the messages, our own for the wire.

Authlib makes the authorization URL and the token request and reads the answer; `_Wire` stands where it expects a
`requests` session, and sends by idp.outbound (S-070): no redirects, public addresses, limits. Decision 40.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

from idp.clients.json_values import Unfit, read_object
from idp.models import Upstream
from idp.outbound import Unreachable, fetch
from idp.upstream import apple, presets
from idp.upstream.metadata import Metadata
from idp.upstream.refusals import Unavailable, UpstreamRefused
from keys import sealing


class _Answer:
    """As much of a `requests` response as Authlib reads."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code, self._body = status, body

    def json(self) -> dict[str, Any]:
        return read_object(self._body)  # Unfit is a ValueError, which it expects

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise UpstreamRefused(f"token endpoint: status {self.status_code}")


class _Wire:
    """As much of a `requests` session as Authlib uses."""

    def post(
        self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any, **_: Any
    ) -> _Answer:
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        answer = fetch(url, method="POST", data=body, headers=sent)
        return _Answer(answer.status, answer.body)


def authorization_url(
    upstream: Upstream,
    metadata: Metadata,
    *,
    redirect_uri: str,
    state: str,
    nonce: str,
    verifier: str,
    parameters: Mapping[str, str],
) -> str:
    kind = presets.kind(upstream)
    client = _client(upstream, metadata, redirect_uri, secret="")
    more = {**kind.parameters, **parameters, **({"nonce": nonce} if kind.is_oidc else {})}
    url, _ = client.create_authorization_url(
        metadata.authorization_endpoint, state=state, code_verifier=verifier, **more
    )
    return str(url)


def redeem(
    upstream: Upstream, metadata: Metadata, code: str, *, redirect_uri: str, verifier: str, now: datetime
) -> dict[str, Any]:
    """The token response. Raises UpstreamRefused."""
    from authlib.common.errors import AuthlibBaseError

    client = _client(upstream, metadata, redirect_uri, secret=_secret(upstream, now))
    try:
        token = client.fetch_token(
            metadata.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
        )
    except Unreachable as error:
        raise Unavailable(f"token endpoint: {error.reason}") from error
    except AuthlibBaseError as error:
        raise UpstreamRefused(f"token endpoint: {str(error.error)[:100]!r}") from error
    except ValueError as error:
        raise UpstreamRefused("token endpoint: no JSON object") from error
    if not isinstance(token.get("access_token"), str) or str(token.get("token_type", "")).lower() != "bearer":
        raise UpstreamRefused("token endpoint: no bearer token")
    return dict(token)


def ask(url: str, access_token: str) -> Any:
    """The JSON at `url`, of any type, with the token. Raises UpstreamRefused."""
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    if not access_token.isascii() or not access_token.isprintable():
        raise UpstreamRefused("an access token that no header can carry")
    try:
        answer = fetch(url, headers=headers)
        if answer.status != 200:
            raise UpstreamRefused(f"{url}: status {answer.status}")
        return read_object(b'{"value":' + answer.body + b"}")["value"]
    except Unreachable as error:
        raise Unavailable(f"{url}: {error.reason}") from error
    except Unfit as error:
        raise UpstreamRefused(f"{url}: no JSON") from error


def _client(upstream: Upstream, metadata: Metadata, redirect_uri: str, *, secret: str) -> Any:
    from authlib.oauth2.client import OAuth2Client  # 50 ms and 4 MB: only for who comes this way

    client = OAuth2Client(
        _Wire(),
        client_id=upstream.client_id,
        client_secret=secret,
        scope=upstream.scopes or presets.kind(upstream).scopes,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method=_method(metadata) if secret else "none",
    )
    client.register_client_auth_method(("client_secret_basic", _basic))
    return client


def _method(metadata: Metadata) -> str:
    offered = metadata.auth_methods
    return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"


def _basic(
    client: Any, method: str, uri: str, headers: dict[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """Both are form-urlencoded first (RFC 6749 section 2.3.1), which Authlib's own leaves out."""
    both = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
    return uri, headers, body


def _secret(upstream: Upstream, now: datetime) -> str:
    """What proves who we are there; "" for a public client."""
    if not upstream.sealed_secret:
        return ""
    try:
        secret = sealing.open_sealed(upstream.sealed_secret, context=upstream.sealed_for)
        if upstream.preset == Upstream.Preset.APPLE:
            return apple.client_secret(upstream, secret, now=now)
        return secret.decode()
    except (sealing.CannotOpen, ValueError) as error:
        raise UpstreamRefused(f"the client secret: {error}") from error
