"""Every algorithm that discovery promises, by relying parties that are not ours: openid-client, jose and PyJWT.

The metadata is read first, and each value of its lists is done: an app registers for it and opens what it gets.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from tests.conftest import MakeServer
from tests.live.app import REDIRECT_URI, Attempt
from tests.live.node import Node
from tests.live.server import Person, Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.node
SIGNING = ("RS256", "PS256", "ES256", "EdDSA")
KEYS: dict[str, Key] = {
    "RSA-OAEP-256": RSAKey.generate_key(2048),
    "ECDH-ES+A256KW": ECKey.generate_key("P-256"),
    "ECDH-ES+A256KW with X25519": OKPKey.generate_key("X25519"),
}
RunApp = Callable[..., tuple[Node, dict[str, Any]]]


@pytest.fixture(scope="module")
def server(make_server: MakeServer) -> Server:
    return make_server(IDP_KEY_ALGORITHMS=",".join(SIGNING))


@pytest.fixture(scope="module")
def person(server: Server) -> Person:
    return server.user("alice", "--given-name", "Alice", "--email-verified")


@pytest.fixture(scope="module")
def metadata(server: Server) -> dict[str, Any]:
    document: dict[str, Any] = server.get("/.well-known/openid-configuration").json()
    return document


@pytest.fixture
def run_app(server: Server) -> Iterator[RunApp]:
    with ExitStack() as running:

        def run(key: str = "", **said: Any) -> tuple[Node, dict[str, Any]]:
            private = ""
            if key:
                members = {"kid": "enc-1", "use": "enc", "alg": key.partition(" ")[0]}
                said["jwks"] = {"keys": [{**KEYS[key].as_dict(private=False), **members}]}
                private = json.dumps({**KEYS[key].as_dict(private=True), **members})
            app = server.client(
                client_name="Notes",
                redirect_uris=[REDIRECT_URI],
                scope="openid profile email",
                token_endpoint_auth_method="client_secret_post",
                signet_first_party=True,
                **said,
            )
            arguments = [server.url, json.dumps(app), REDIRECT_URI, *([private] if private else [])]
            return running.enter_context(Node("protected.mjs", *arguments)), app

        yield run


def sign_in(node: Node, person: Person) -> dict[str, Any]:
    started = node.ask("start", scope="openid profile email")
    answer = node.ask("finish", url=Visitor(person).authorize(started["url"], REDIRECT_URI).url)
    assert "error" not in answer, answer
    return answer


def by_pyjwt(server: Server, token: str, app: dict[str, Any], algorithm: str) -> dict[str, Any]:
    if algorithm == "HS256":
        key: Any = app["client_secret"]
    else:
        key = jwt.PyJWKClient(f"{server.url}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    return dict(jwt.decode(token, key, [algorithm], audience=app["client_id"], issuer=server.url))


def test_the_lists_are_exactly_these(metadata: dict[str, Any]) -> None:
    """The tests below do each of them; nothing is promised that none of them does."""
    signed = ("id_token", "userinfo", "authorization", "introspection")
    for name in signed:
        with_secret = ["HS256"] if name in ("id_token", "userinfo") else []
        assert metadata[f"{name}_signing_alg_values_supported"] == [*SIGNING, *with_secret]
        assert metadata[f"{name}_encryption_alg_values_supported"] == ["RSA-OAEP-256", "ECDH-ES+A256KW"]
        assert metadata[f"{name}_encryption_enc_values_supported"] == ["A128CBC-HS256", "A256GCM"]
    assert metadata["subject_types_supported"] == ["public", "pairwise"]


@pytest.mark.parametrize("algorithm", SIGNING)
def test_id_token_and_userinfo_are_signed_by_the_apps_algorithm(
    server: Server, person: Person, run_app: RunApp, algorithm: str
) -> None:
    node, app = run_app(id_token_signed_response_alg=algorithm, userinfo_signed_response_alg=algorithm)
    answer = sign_in(node, person)
    token = answer["tokens"]["id_token"]
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert node.ask("verify", token=token, algorithm=algorithm)["claims"]["sub"] == person.sub
    assert by_pyjwt(server, token, app, algorithm)["sub"] == person.sub
    assert node.ask("userinfo")["sub"] == person.sub, "openid-client has checked its signature"
    signed = server.userinfo(answer["tokens"]["access_token"])
    assert signed.headers["Content-Type"] == "application/jwt"
    assert by_pyjwt(server, signed.text, app, algorithm)["given_name"] == "Alice"


def test_hs256_by_the_secret(server: Server, person: Person, run_app: RunApp) -> None:
    """jose and PyJWT alone: openid-client takes no symmetric ID token."""
    node, app = run_app(id_token_signed_response_alg="HS256", userinfo_signed_response_alg="HS256")
    tokens = redeemed(server, person, app)
    assert node.ask("verify", token=tokens["id_token"], algorithm="HS256")["claims"]["sub"] == person.sub
    assert "error" in node.ask("verify", token=tokens["id_token"], algorithm="RS256")
    assert by_pyjwt(server, tokens["id_token"], app, "HS256")["sub"] == person.sub
    signed = server.userinfo(tokens["access_token"]).text
    assert by_pyjwt(server, signed, app, "HS256")["given_name"] == "Alice"


def redeemed(server: Server, person: Person, app: dict[str, Any]) -> dict[str, Any]:
    attempt = Attempt()
    parameters = attempt.parameters(app["client_id"], scope="openid profile email")
    address = f"{server.url}/oauth2/authorize?{urlencode(parameters)}"
    arrival = Visitor(person).authorize(address, REDIRECT_URI)
    form = {
        "grant_type": "authorization_code",
        "code": arrival.parameters["code"],
        "redirect_uri": REDIRECT_URI,
        "code_verifier": attempt.verifier,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    answer = server.post("/oauth2/token", form)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
@pytest.mark.parametrize("key", KEYS)
def test_openid_client_and_jose_open_what_is_encrypted(
    server: Server, person: Person, run_app: RunApp, key: str, enc: str
) -> None:
    alg = key.partition(" ")[0]
    node, app = run_app(
        key,
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
        id_token_signed_response_alg="ES256",
        userinfo_signed_response_alg="ES256",
        userinfo_encrypted_response_alg=alg,
        userinfo_encrypted_response_enc=enc,
    )
    answer = sign_in(node, person)
    assert answer["claims"]["sub"] == person.sub
    assert node.ask("userinfo")["given_name"] == "Alice"
    tokens = redeemed(server, person, app)
    opened = node.ask("decrypt", token=tokens["id_token"])
    assert opened["header"]["cty"] == "JWT"
    assert (opened["header"]["alg"], opened["header"]["enc"], opened["header"]["kid"]) == (alg, enc, "enc-1")
    assert by_pyjwt(server, opened["text"], app, "ES256")["sub"] == person.sub


def test_jose_opens_userinfo_that_is_only_encrypted(server: Server, person: Person, run_app: RunApp) -> None:
    node, app = run_app("ECDH-ES+A256KW", userinfo_encrypted_response_alg="ECDH-ES+A256KW")
    tokens = redeemed(server, person, app)
    opened = node.ask("decrypt", token=server.userinfo(tokens["access_token"]).text)
    assert json.loads(opened["text"])["sub"] == person.sub
    assert "cty" not in opened["header"]


def test_openid_client_finds_pairwise_subjects_of_one_piece(
    server: Server, person: Person, run_app: RunApp
) -> None:
    """Its userinfo has to have the `sub` of the ID token, or the library refuses it."""
    node, _ = run_app(subject_type="pairwise")
    other, _ = run_app(subject_type="pairwise")
    one, two = sign_in(node, person)["claims"], sign_in(other, person)["claims"]
    assert node.ask("userinfo")["sub"] == one["sub"]
    assert len({one["sub"], two["sub"], person.sub}) == 3, "on loopback each app is a sector by itself"
    assert sign_in(node, person)["claims"]["sub"] == one["sub"]
