"""Hybrid OP: oidcc-hybrid-certification-test-plan."""

from tests.certification.plan import Bench, cases

ALL = """
    server
    idtoken-signature
    userinfo-get
    userinfo-post-header
    userinfo-post-body
    scope-profile
    scope-email
    scope-address
    scope-phone
    scope-all
    alternate-happy-flow
    display-page
    display-popup
    prompt-login
    prompt-none-not-logged-in
    prompt-none-logged-in
    max-age-1
    max-age-10000
    ensure-request-with-unknown-parameter-succeeds
    id-token-hint
    login-hint
    ui-locales
    claims-locales
    ensure-request-with-acr-values-succeeds
    codereuse
    codereuse-30seconds
    ensure-registered-redirect-uri
    server-client-secret-post
    request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
    unsigned-request-object-supported-correctly-or-rejected-as-unsupported
    claims-essential
    ensure-request-object-with-redirect-uri
    refresh-token
"""
WITH_ID_TOKEN = "ensure-request-without-nonce-fails"
WITHOUT_ID_TOKEN = "ensure-request-without-nonce-succeeds-for-code-flow"
ONCE = """
    response-type-missing
    ensure-request-with-valid-pkce-succeeds
"""
BY_RESPONSE_TYPE = {
    "code id_token": ALL + WITH_ID_TOKEN + ONCE,
    "code token": ALL + WITHOUT_ID_TOKEN,
    "code id_token token": ALL + WITH_ID_TOKEN,
}


@cases(BY_RESPONSE_TYPE)
def test_oidcc(bench: Bench, response_type: str, name: str) -> None:
    bench.run("hybrid", BY_RESPONSE_TYPE, response_type, name)
