"""Basic OP: oidcc-basic-certification-test-plan."""

import json

from tests.certification.plan import Bench, cases
from tests.certification.provider import Provider
from tests.live.process import ROOT

CODE = """
    server
    response-type-missing
    idtoken-signature
    idtoken-unsigned
    userinfo-get
    userinfo-post-header
    userinfo-post-body
    ensure-request-without-nonce-succeeds-for-code-flow
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
    ensure-post-request-succeeds
    server-client-secret-post
    request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
    unsigned-request-object-supported-correctly-or-rejected-as-unsupported
    claims-essential
    ensure-request-object-with-redirect-uri
    refresh-token
    ensure-request-with-valid-pkce-succeeds
"""
BY_RESPONSE_TYPE = {"code": CODE}


def test_the_registration_that_the_documentation_prints_is_one(provider: Provider) -> None:
    """docs/certification.md; the app of the tests is like it."""
    printed = (ROOT / "docs" / "certification.md").read_text(encoding="utf-8")
    document = json.loads(printed.partition("<<'JSON'")[2].partition("\nJSON")[0])
    registered = provider.client(**document)
    assert document.items() <= registered.items()


@cases(BY_RESPONSE_TYPE)
def test_oidcc(bench: Bench, response_type: str, name: str) -> None:
    bench.run("basic", BY_RESPONSE_TYPE, response_type, name)
