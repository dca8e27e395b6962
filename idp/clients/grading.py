"""An app's registration against OAuth 2.1, RFC 9700 and the FAPI 2.0 Security Profile: a table of rules, and grades.

A new rule is a row of RULES. `holds` is about the registration alone; what the server does for every app (S256 only,
exact redirect URIs, codes of a minute, `iss` in every answer) needs no row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from idp.conf import conf
from idp.models import Client
from idp.protocol.redirects import is_loopback
from idp.protocol.scopes import KNOWN

Strength = Literal["must", "should"]
OAUTH, BCP, FAPI = "OAuth 2.1", "RFC 9700", "FAPI 2.0"
PROFILES = {
    OAUTH: ("draft-ietf-oauth-v2-1-16", "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-16"),
    BCP: ("RFC 9700, OAuth 2.0 security", "https://www.rfc-editor.org/rfc/rfc9700"),
    FAPI: (
        "FAPI 2.0 Security Profile (final)",
        "https://openid.net/specs/fapi-security-profile-2_0-final.html",
    ),
}
LONG_ACCESS_TOKEN = timedelta(hours=1)
BY_KEY = Client.AuthMethod.PRIVATE_KEY.value
FAPI_ALGORITHMS = {"PS256", "ES256", "EdDSA"}


@dataclass(frozen=True)
class Rule:
    """What a profile asks of an app, where it says so, and the field of the app's page that mends it."""

    profile: str
    clause: str
    strength: Strength
    holds: Callable[[Client], bool]
    words: str
    why: str
    mend: str
    field: str


def _uses(client: Client, grant: str) -> bool:
    return grant in client.grant_types


def _code(client: Client) -> bool:
    return _uses(client, "authorization_code")


def _refresh_is_safe(client: Client) -> bool:
    """A confidential app's are bound to it by its authentication (RFC 6749 section 6)."""
    return not (_uses(client, "refresh_token") and client.is_public) or (
        client.rotate_refresh_tokens or client.dpop_bound_access_tokens
    )


def _plain_http(client: Client) -> bool:
    parts = [urlsplit(uri) for uri in client.redirect_uris]
    return any(part.scheme == "http" and not is_loopback(part.hostname or "") for part in parts)


def _own_scheme_is_reversed(client: Client) -> bool:
    own = [urlsplit(uri).scheme for uri in client.redirect_uris]
    return all("." in scheme for scheme in own if scheme not in ("http", "https"))


def _names_its_apis(client: Client) -> bool:
    """Or asks for nothing of an API's."""
    return bool(client.audiences or client.resources) or set(client.scopes) <= set(KNOWN)


def _strong_algorithms(client: Client) -> bool:
    named = {client.id_token_signed_response_alg, client.access_token_signed_response_alg}
    named |= {client.userinfo_signed_response_alg, client.token_endpoint_auth_signing_alg} - {""}
    return named <= FAPI_ALGORITHMS


RULES: tuple[Rule, ...] = (
    Rule(
        OAUTH, "4.1.1, 7.5.1", "must", lambda client: not _code(client) or client.require_pkce,
        "Sends PKCE with every sign-in",
        "Without it, a code that is stolen or slipped in on the way can be used.",
        "Switch on “requires PKCE”.", "require_pkce",
    ),
    Rule(
        OAUTH, "10.1", "must", lambda client: not client.has_front_channel,
        "Gets no tokens through the browser",
        "The implicit grant is gone: addresses stay in histories and logs, and nothing binds the token to the app.",
        "Leave only the response type code.", "response_types",
    ),
    Rule(
        OAUTH, "1.5", "must", lambda client: not _plain_http(client),
        "Returns over https only",
        "Whoever sits on the way can read an answer that goes over http.",
        "Register https addresses.", "redirect_uris",
    ),
    Rule(
        OAUTH, "4.3.1", "must", _refresh_is_safe,
        "Refresh tokens of a public app are replaced or bound to a key",
        "A stolen one would work until it expires, and nobody would notice.",
        "Switch on “rotate refresh tokens”, or require DPoP.", "rotate_refresh_tokens",
    ),
    Rule(
        OAUTH, "8.4.3", "must", _own_scheme_is_reversed,
        "Own schemes are a domain spelled backwards",
        "Another app on the same phone may claim a short name too, and get the code.",
        "Use a scheme such as com.example.app:/callback, or an https address that the app claims.", "redirect_uris",
    ),
    Rule(
        OAUTH, "2.4", "should", lambda client: client.is_public or not client.has_secret,
        "Proves who it is by a key, not by a secret that both sides know",
        "What is not here can't be stolen here, and a signature can't be replayed.",
        "Use private_key_jwt.", "token_endpoint_auth_method",
    ),
    Rule(
        OAUTH, "7.1.3", "should", lambda client: client.access_token_lifetime <= LONG_ACCESS_TOKEN,
        "Access tokens live an hour at most",
        "APIs that only check the signature go on taking a token until it expires.",
        "Shorten “access token lifetime”: a refresh token gets new ones.", "access_token_seconds",
    ),
    Rule(
        BCP, "2.1.1", "should", lambda client: not _code(client) or client.require_pkce,
        "Is protected against slipped-in codes by PKCE",
        "A code of Mallory's in Alice's browser would sign Alice in to Mallory's account.",
        "Switch on “requires PKCE”.", "require_pkce",
    ),
    Rule(
        BCP, "2.1.2", "should", lambda client: not any("token" in kind.split() for kind in client.response_types),
        "Gets no access token in the authorization response",
        "It leaks through histories and scripts, and can't be bound to its sender.",
        "Leave only the response type code.", "response_types",
    ),
    Rule(
        BCP, "2.2.1", "should", lambda client: client.dpop_bound_access_tokens,
        "Access tokens are bound to a key of the app (DPoP)",
        "A token that leaks, at an API or on the way, is then of no use to its finder.",
        "Switch on “requires DPoP” once the app sends proofs.", "dpop_bound_access_tokens",
    ),
    Rule(
        BCP, "2.2.2, 4.14", "must", _refresh_is_safe,
        "Stolen refresh tokens of a public app are noticed",
        "By rotation a second use ends the sign-in; by a key there is none.",
        "Switch on “rotate refresh tokens”, or require DPoP.", "rotate_refresh_tokens",
    ),
    Rule(
        BCP, "2.3", "should", _names_its_apis,
        "Access tokens with scopes of APIs name the API that they are for",
        "One API could otherwise use at another what it was shown.",
        "Say under “APIs” which ones it calls.", "resources",
    ),
    Rule(
        BCP, "2.5", "should", lambda client: client.is_public or not client.has_secret,
        "Proves who it is by a key, not by a secret that both sides know",
        "What is not here can't be stolen here, and a signature can't be replayed.",
        "Use private_key_jwt.", "token_endpoint_auth_method",
    ),
    Rule(
        FAPI, "5.3.2.1 (3)", "must", lambda client: not client.is_public,
        "Is a confidential client",
        "The profile knows no way to protect a public one as well.",
        "Give the app a server side, and authentication by a key.", "token_endpoint_auth_method",
    ),
    Rule(
        FAPI, "5.3.2.1 (4), (5)", "must", lambda client: client.dpop_bound_access_tokens,
        "Gets only access tokens that are bound to a key",
        "Bearer tokens are out of the profile.",
        "Switch on “requires DPoP”.", "dpop_bound_access_tokens",
    ),
    Rule(
        FAPI, "5.3.2.1 (6)", "must", lambda client: client.token_endpoint_auth_method == BY_KEY,
        "Authenticates by private_key_jwt",
        "The only other method of the profile is mutual TLS, which Signet has not.",
        "Register the app's public key and choose private_key_jwt.", "token_endpoint_auth_method",
    ),
    Rule(
        FAPI, "5.3.2.1 (8)", "must", lambda client: not client.lenient_assertions,
        "Its assertions are for the issuer alone",
        "One made for another server's token endpoint could otherwise be used here.",
        "Switch “lenient assertions” off.", "lenient_assertions",
    ),
    Rule(
        FAPI, "5.3.2.1 (9)", "must",
        lambda client: not _uses(client, "refresh_token") or not client.rotate_refresh_tokens,
        "Its refresh tokens are not rotated",
        "With a key behind them rotation adds nothing, and logs people out when an answer is lost. (OAuth 2.1 asks for "
        "rotation of public apps only.)",
        "Switch “rotate refresh tokens” off once DPoP and private_key_jwt are on.", "rotate_refresh_tokens",
    ),
    Rule(
        FAPI, "5.3.2.2 (1)", "must", lambda client: client.response_types in ([], ["code"]),
        "Uses the response type code alone",
        "Nothing but a code goes through the browser.",
        "Leave only the response type code.", "response_types",
    ),
    Rule(
        FAPI, "5.3.2.2 (3)", "must",
        lambda client: not _code(client)
        or client.require_pushed_authorization_requests or conf().require_pushed_requests,
        "Pushes every authorization request first (PAR)",
        "The browser can then neither read nor change what the app asks for.",
        "Switch on “requires pushed requests”.", "require_pushed_authorization_requests",
    ),
    Rule(
        FAPI, "5.3.2.2 (5)", "must", lambda client: not _code(client) or client.require_pkce,
        "Sends PKCE with S256",
        "A code is of no use to anybody but the browser that began.",
        "Switch on “requires PKCE”.", "require_pkce",
    ),
    Rule(
        FAPI, "5.3.2.2 (8)", "must",
        lambda client: client.is_native or not any(uri.startswith("http://") for uri in client.redirect_uris),
        "Returns over https, or to a loopback address of a native app",
        "Codes and answers are not to be read on the way.",
        "Register https addresses.", "redirect_uris",
    ),
    Rule(
        FAPI, "5.4.1 (1)", "must", _strong_algorithms,
        "Signs and is signed for by PS256, ES256 or EdDSA",
        "RS256 is left out of the profile, and so is every shared secret.",
        "Choose ES256, PS256 or EdDSA for its ID and access tokens, and for its own assertions.",
        "id_token_signed_response_alg",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    rule: Rule
    holds: bool


@dataclass(frozen=True)
class Grade:
    """One profile's verdicts. The mark: A all of it, B all that must be, C one thing missing that must be, D more."""

    profile: str
    verdicts: tuple[Verdict, ...]

    @property
    def missing(self) -> list[Rule]:
        return [each.rule for each in self.verdicts if not each.holds]

    @property
    def mark(self) -> str:
        broken = sum(rule.strength == "must" for rule in self.missing)
        if broken:
            return "C" if broken == 1 else "D"
        return "B" if self.missing else "A"

    @property
    def document(self) -> str:
        return PROFILES[self.profile][0]

    @property
    def address(self) -> str:
        return PROFILES[self.profile][1]


def grades(client: Client) -> list[Grade]:
    verdicts = [Verdict(rule, rule.holds(client)) for rule in RULES]
    return [
        Grade(profile, tuple(each for each in verdicts if each.rule.profile == profile))
        for profile in PROFILES
    ]


def as_json(client: Client) -> dict[str, object]:
    return {
        "client_id": client.client_id,
        "grades": {
            grade.profile: {
                "document": grade.document,
                "grade": grade.mark,
                "rules": [
                    {
                        "clause": each.rule.clause,
                        "strength": each.rule.strength,
                        "holds": each.holds,
                        "rule": each.rule.words,
                    }
                    | ({} if each.holds else {"why": each.rule.why, "mend": each.rule.mend})
                    for each in grade.verdicts
                ],
            }
            for grade in grades(client)
        },
    }
