"""The names of client metadata: where the client keeps each, and how it is read. A new one is a row.

RFC 7591 section 2, OIDC Registration section 2; the `signet_…` extensions are for an admin's own document (S-121).
"""

from dataclasses import dataclass

from idp.clients.json_values import Reader, flag, object_of, one_of, seconds, some_of, stripped, text, texts
from idp.models import Client
from idp.models.client import MAX_REDIRECT_URIS
from idp.models.client_encryption import ANSWERS
from idp.protocol import redirects
from keys.encryption import CONTENT, WRAPPING

_uris = texts(MAX_REDIRECT_URIS, redirects.MAX_LENGTH)
_algorithm = one_of(*Client.Algorithm.values)
_algorithm_of_admins = one_of(*Client.IdTokenAlgorithm.values)  # HS256 too


@dataclass(frozen=True)
class Field:
    """One name of the wire: where the client keeps it, and how it is read."""

    attribute: str
    read: Reader


STANDARD = {
    "client_name": Field("name", stripped(100)),
    "application_type": Field("application_type", one_of(*Client.Type.values)),
    "token_endpoint_auth_method": Field("token_endpoint_auth_method", one_of(*Client.AuthMethod.values)),
    "grant_types": Field("grant_types", some_of(*Client.GrantType.values)),
    "redirect_uris": Field("redirect_uris", _uris),
    "post_logout_redirect_uris": Field("post_logout_redirect_uris", _uris),
    "client_uri": Field("client_uri", text(200)),
    "logo_uri": Field("logo_uri", text(200)),
    "policy_uri": Field("policy_uri", text(200)),
    "tos_uri": Field("tos_uri", text(200)),
    "contacts": Field("contacts", texts(10, 254)),
    "initiate_login_uri": Field("initiate_login_uri", text(redirects.MAX_LENGTH)),
    "backchannel_logout_uri": Field("backchannel_logout_uri", text(redirects.MAX_LENGTH)),
    "backchannel_logout_session_required": Field("backchannel_logout_session_required", flag),
    "frontchannel_logout_uri": Field("frontchannel_logout_uri", text(redirects.MAX_LENGTH)),
    "frontchannel_logout_session_required": Field("frontchannel_logout_session_required", flag),
    "id_token_signed_response_alg": Field("id_token_signed_response_alg", _algorithm),
    "authorization_signed_response_alg": Field("authorization_signed_response_alg", _algorithm),
    "dpop_bound_access_tokens": Field("dpop_bound_access_tokens", flag),
    "userinfo_signed_response_alg": Field("userinfo_signed_response_alg", _algorithm),
    "introspection_signed_response_alg": Field("introspection_signed_response_alg", _algorithm),
    **{
        f"{answer}_encrypted_response_{member}": Field(
            f"{answer}_encrypted_response_{member}", one_of(*names)
        )
        for answer in ANSWERS
        for member, names in (("alg", WRAPPING), ("enc", CONTENT))
    },
    "subject_type": Field("subject_type", one_of(*Client.SubjectType.values)),
    "sector_identifier_uri": Field("sector_identifier_uri", text(redirects.MAX_LENGTH)),
    "default_max_age": Field("default_max_age", seconds),
    "default_acr_values": Field("default_acr_values", texts(10, 100)),
    "jwks": Field("jwks", object_of(32 * 1024)),
    "jwks_uri": Field("jwks_uri", text(redirects.MAX_LENGTH)),
    "token_endpoint_auth_signing_alg": Field(
        "token_endpoint_auth_signing_alg", one_of(*Client.AssertedBy.values)
    ),
    "request_object_signing_alg": Field("request_object_signing_alg", one_of(*Client.SignedBy.values)),
    "require_signed_request_object": Field("require_signed_request_object", flag),
    "require_pushed_authorization_requests": Field("require_pushed_authorization_requests", flag),
}
# S-071: the server fetches for whom an admin says so, by the app or by its registration token.
FETCHED = {"request_uris": Field("request_uris", _uris)}
EXTENSIONS = {
    "signet_first_party": Field("first_party", flag),
    "signet_show_logo": Field("show_logo", flag),
    "signet_lean_id_token": Field("lean_id_token", flag),
    "signet_required_acr": Field("required_acr", text(500)),
    "signet_audiences": Field("audiences", texts(20, 255)),
    "signet_resources": Field("resources", texts(50, 255)),
    **FETCHED,
    "signet_userinfo_acr_values": Field("userinfo_acr_values", texts(10, 100)),
    "signet_userinfo_max_age": Field("userinfo_max_age", seconds),
    "signet_lenient_assertions": Field("lenient_assertions", flag),
    "signet_lenient_request_objects": Field("lenient_request_objects", flag),
    "signet_require_pkce": Field("require_pkce", flag),
    "signet_require_dpop_nonce": Field("require_dpop_nonce", flag),
    "signet_rotate_refresh_tokens": Field("rotate_refresh_tokens", flag),
    "signet_access_token_signed_response_alg": Field("access_token_signed_response_alg", _algorithm),
    "signet_access_token_lifetime": Field("access_token_seconds", seconds),
    "signet_id_token_lifetime": Field("id_token_seconds", seconds),
    "signet_refresh_token_idle": Field("refresh_idle_seconds", seconds),
    "signet_refresh_token_lifetime": Field("refresh_seconds", seconds),
}
# What is read in a wider way where an admin says it.
WIDER = {
    name: Field(name, _algorithm_of_admins)
    for name in ("id_token_signed_response_alg", "userinfo_signed_response_alg")
}
WIRE_NAMES = {field.attribute: name for name, field in {**STANDARD, **EXTENSIONS}.items()}
