"""What each member of our discovery document means, in one line, and the specifications that we follow."""

from dataclasses import dataclass

from django.conf import settings

from idp.conf import conf

WORDS = {
    "issuer": "Who we are. The iss of every token is exactly this, letter by letter.",
    "authorization_endpoint": "Where an app sends the browser, so that the person signs in.",
    "token_endpoint": "Where an app trades a code for tokens, server to server.",
    "userinfo_endpoint": "Claims about the person, for an access token.",
    "jwks_uri": "The public keys, by which anybody checks our signatures.",
    "introspection_endpoint": "Where an API asks whether a token still lives.",
    "revocation_endpoint": "Where an app gives a token back.",
    "pushed_authorization_request_endpoint": "Where an app leaves its request beforehand (PAR).",
    "require_pushed_authorization_requests": "Whether every sign-in has to begin with a pushed request.",
    "registration_endpoint": "Where apps register themselves.",
    "device_authorization_endpoint": "Where a device without a browser begins.",
    "end_session_endpoint": "Where an app sends the browser to sign out.",
    "backchannel_logout_supported": "We tell apps of ended sessions, server to server.",
    "backchannel_logout_session_supported": "Those logout tokens name the session (sid).",
    "frontchannel_logout_supported": "We can tell apps of ended sessions through the browser too.",
    "frontchannel_logout_session_supported": "And name the session there (iss and sid).",
    "check_session_iframe": "A frame that tells an app's page whether who is signed in has changed.",
    "protected_resources": "Our own API, under each name that it may be asked for.",
    "scopes_supported": "What an app may ask for.",
    "claims_supported": "What tokens and userinfo may say.",
    "claim_types_supported": "Claims are plain values.",
    "response_types_supported": "What can come back to the app. code is the one to use; others need an admin's leave.",
    "response_modes_supported": "How it comes back.",
    "grant_types_supported": "What can be traded for tokens.",
    "acr_values_supported": "Levels of sign-in, the weakest first.",
    "display_values_supported": "Taken, and without effect: pages fit every screen.",
    "ui_locales_supported": "Languages of our pages.",
    "subject_types_supported": "public: a person has the same sub at every app. pairwise: another one in each sector.",
    "id_token_signing_alg_values_supported": "How ID tokens can be signed.",
    "token_endpoint_auth_methods_supported": "How an app can prove who it is.",
    "token_endpoint_auth_signing_alg_values_supported": "And how it may sign that proof.",
    "introspection_endpoint_auth_methods_supported": "How an API can prove who it is.",
    "introspection_endpoint_auth_signing_alg_values_supported": "And how it may sign that proof.",
    "revocation_endpoint_auth_methods_supported": "The same at revocation.",
    "revocation_endpoint_auth_signing_alg_values_supported": "And how it may sign that proof.",
    "dpop_signing_alg_values_supported": "How a proof of the holder's own key may be signed (DPoP).",
    "code_challenge_methods_supported": "PKCE: S256 and nothing weaker.",
    "prompt_values_supported": "none asks nobody; login, consent and select_account insist on asking.",
    "authorization_response_iss_parameter_supported": "Every answer says who it is from, against mix-ups.",
    "authorization_signing_alg_values_supported": "How an answer can be signed as a whole (JARM).",
    "userinfo_signing_alg_values_supported": "How userinfo can be signed.",
    "introspection_signing_alg_values_supported": "How introspection can be signed.",
    "id_token_encryption_alg_values_supported": "How the key of an encrypted ID token can be wrapped.",
    "id_token_encryption_enc_values_supported": "And how its content can be encrypted.",
    "userinfo_encryption_alg_values_supported": "How the key of encrypted userinfo can be wrapped.",
    "userinfo_encryption_enc_values_supported": "And how its content can be encrypted.",
    "authorization_encryption_alg_values_supported": "How the key of an encrypted answer can be wrapped (JARM).",
    "authorization_encryption_enc_values_supported": "And how its content can be encrypted.",
    "introspection_encryption_alg_values_supported": "How the key of an encrypted introspection can be wrapped.",
    "introspection_encryption_enc_values_supported": "And how its content can be encrypted.",
    "claims_parameter_supported": "Single claims can be asked for.",
    "request_parameter_supported": "A request can be signed as a whole (JAR).",
    "request_object_signing_alg_values_supported": "And how.",
    "request_uri_parameter_supported": "A request can lie at an address,",
    "require_request_uri_registration": "which has to be registered beforehand.",
    "service_documentation": "Our page for people.",
}


@dataclass(frozen=True)
class Specification:
    """`address` is where it can be read; `on` says whether this installation offers it."""

    name: str
    title: str
    address: str
    on: bool = True


def _rfc(number: int, title: str, *, on: bool = True) -> Specification:
    return Specification(f"RFC {number}", title, f"https://www.rfc-editor.org/rfc/rfc{number}", on)


def _openid(file: str, title: str, *, on: bool = True) -> Specification:
    return Specification("OpenID", title, f"https://openid.net/specs/{file}.html", on)


def specifications() -> tuple[Specification, ...]:
    registration = settings.REGISTRATION != "closed"
    return (
        _openid("openid-connect-core-1_0", "Connect Core 1.0: sign-in, ID tokens, userinfo"),
        _openid("openid-connect-discovery-1_0", "Connect Discovery 1.0"),
        _openid("openid-connect-rpinitiated-1_0", "RP-Initiated Logout 1.0"),
        _openid("openid-connect-backchannel-1_0", "Back-Channel Logout 1.0"),
        _openid("openid-connect-frontchannel-1_0", "Front-Channel Logout 1.0"),
        _openid("openid-connect-session-1_0", "Session Management 1.0", on=conf().session_management),
        _openid("oauth-v2-jarm", "JARM: signed authorization responses"),
        _rfc(6749, "OAuth 2.0: code, refresh token, client credentials"),
        _rfc(6750, "Bearer tokens"),
        _rfc(7009, "Revocation"),
        _rfc(7519, "JSON Web Token, with RFC 7515 to 7518"),
        _rfc(7523, "Signed assertions instead of a secret"),
        _rfc(7591, "Apps that register themselves, with RFC 7592", on=registration),
        _rfc(7636, "PKCE"),
        _rfc(7662, "Introspection"),
        _rfc(8252, "Native apps: loopback addresses"),
        _rfc(8414, "Server metadata"),
        _rfc(8628, "Devices without a browser"),
        _rfc(8707, "Resource indicators"),
        _rfc(8725, "JWT best practice"),
        _rfc(9068, "Access tokens as JWTs"),
        _rfc(9101, "Signed requests (JAR)"),
        _rfc(9126, "Pushed requests (PAR)"),
        _rfc(9207, "iss in every answer"),
        _rfc(9449, "DPoP: tokens bound to a key"),
        _rfc(9470, "Step-up, for userinfo"),
        _rfc(9700, "OAuth 2.0 security best practice"),
        _rfc(9701, "Signed introspection"),
        _rfc(9728, "Protected resource metadata"),
    )


def commands() -> tuple[tuple[str, str], ...]:
    """(what it does, a command to copy)."""
    url = conf().url
    form = "curl -sS"
    return (
        ("Read the discovery document", f"{form} {url('/.well-known/openid-configuration')}"),
        ("Fetch the public keys", f"{form} {url('/.well-known/jwks.json')}"),
        (
            "A machine's token (client credentials)",
            f"{form} {url('/oauth2/token')} -u 'CLIENT_ID:CLIENT_SECRET' -d grant_type=client_credentials",
        ),
        (
            "Ask who the person is",
            f"{form} {url('/oauth2/userinfo')} -H 'Authorization: Bearer ACCESS_TOKEN'",
        ),
        (
            "Ask whether a token still lives",
            f"{form} {url('/oauth2/introspect')} -u 'CLIENT_ID:CLIENT_SECRET' -d token=TOKEN",
        ),
        (
            "Give a token back",
            f"{form} {url('/oauth2/revoke')} -u 'CLIENT_ID:CLIENT_SECRET' -d token=REFRESH_TOKEN",
        ),
    )
