"""Where the parameters of an authorization request come from: plain, signed (RFC 9101) or pushed (RFC 9126)."""

from datetime import datetime

from idp.authorization import pushed, request_object
from idp.authorization.request import ReturnAddress, client_of
from idp.clients.authentication import PROOFS
from idp.conf import conf
from idp.models import Client
from idp.protocol.errors import InvalidDpopProof, InvalidRequest
from idp.protocol.params import Params


def resolve(sent: Params, *, now: datetime) -> Params:
    """The parameters that count, of a request to the authorization endpoint. Raises UntrustedRequest or OAuthError."""
    signed, request_uri = sent.get("request"), sent.get("request_uri")
    if signed is None and request_uri is None:
        return sent
    client = client_of(sent)
    if request_uri is None:
        return request_object.read(signed or "", client, sent, now=now)
    if signed is not None:
        raise InvalidRequest("Send request or request_uri, not both.", check="request-source")
    if not request_uri.startswith(pushed.PREFIX):
        return request_object.fetch(request_uri, client, sent, now=now)
    return pushed.read(request_uri, client, now=now)


def check(sent: Params, address: ReturnAddress) -> None:
    """That it came the way that this app's requests have to come. Raises InvalidRequest."""
    if address.pushed:
        return
    if conf().require_pushed_requests or address.client.require_pushed_authorization_requests:
        raise InvalidRequest(
            "Requests of this app have to be pushed first (RFC 9126).", check="request-pushed"
        )
    _check_signed(sent, address.client)


def resolve_pushed(sent: Params, client: Client, *, now: datetime) -> Params:
    """The parameters that count, of a push by this app. Raises OAuthError."""
    if sent.get("request_uri") is not None:
        raise InvalidRequest("A request_uri can't be pushed (RFC 9126 section 2.1).", check="request-source")
    if (client_id := sent.get("client_id")) not in (None, client.client_id):
        raise InvalidRequest(
            "client_id is not the app that pushes.",
            reason=f"client_id {client_id!r:.80}",
            check="client",
            expected=client.client_id,
            received=client_id,
        )
    _check_signed(sent, client)
    if (signed := sent.get("request")) is not None:
        return request_object.read(signed, client, Params({}), now=now)
    plain = {name: value for name, value in sent.values.items() if name not in PROOFS}
    return Params({**plain, "client_id": client.client_id})


def bound(params: Params, jkt: str) -> Params:
    """With the key of the proof that came with the push, as if dpop_jkt named it (RFC 9449 section 10.1)."""
    if not jkt:
        return params
    if params.get("dpop_jkt") not in (None, jkt):
        raise InvalidDpopProof(
            "dpop_jkt is not the key of the DPoP proof.",
            check="key-binding",
            key_proven=jkt,
            key_named=params.get("dpop_jkt"),
        )
    return Params({**params.values, "dpop_jkt": jkt})


def _check_signed(sent: Params, client: Client) -> None:
    is_signed = sent.get("request") or sent.get("request_uri")
    if client.require_signed_request_object and not is_signed:
        raise InvalidRequest("Requests of this app have to be signed (RFC 9101).", check="request-signed")
