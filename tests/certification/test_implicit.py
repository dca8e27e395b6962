"""Implicit OP: oidcc-implicit-certification-test-plan."""

from tests.certification.plan import Bench, cases

BOTH = """
    server
    idtoken-signature
    ensure-request-without-nonce-fails
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
    ensure-registered-redirect-uri
    request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
    unsigned-request-object-supported-correctly-or-rejected-as-unsupported
    ensure-request-object-with-redirect-uri
    claims-essential
"""
WITH_TOKEN = """
    userinfo-get
    userinfo-post-header
    userinfo-post-body
    response-type-missing
"""
BY_RESPONSE_TYPE = {"id_token": BOTH, "id_token token": BOTH + WITH_TOKEN}


@cases(BY_RESPONSE_TYPE)
def test_oidcc(bench: Bench, response_type: str, name: str) -> None:
    bench.run("implicit", BY_RESPONSE_TYPE, response_type, name)
