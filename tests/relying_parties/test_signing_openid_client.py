"""npm's openid-client without any secret: private_key_jwt, signed requests and pushed ones."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from tests.live.app import REDIRECT_URI
from tests.live.node import Node
from tests.live.server import Server
from tests.live.visitor import Visitor

pytestmark = pytest.mark.node
SCOPE = "openid profile email"
STRICT = {"require_pushed_authorization_requests": True, "require_signed_request_object": True}


def make_key(algorithm: str, kid: str = "app-1") -> Key:
    members = {"kid": kid, "alg": algorithm, "use": "sig"}
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", members)
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", members)
    return RSAKey.generate_key(2048, members)


def key_set(*keys: Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


@pytest.fixture
def start() -> Iterator[Callable[..., Node]]:
    """`start(server, key, **metadata)`: an app that is registered with the key, and runs."""
    with ExitStack() as running:

        def start(server: Server, key: Key, **metadata: Any) -> Node:
            registered = {"jwks": key_set(key), **metadata}
            client = server.client(
                client_name="A Node app with a key",
                redirect_uris=[REDIRECT_URI],
                scope=SCOPE,
                token_endpoint_auth_method="private_key_jwt",
                **registered,
            )
            assert "client_secret" not in client
            return running.enter_context(run(server, client["client_id"], key))

        yield start


def run(server: Server, client_id: str, key: Key) -> Node:
    algorithm = str(key.get("alg"))
    private = json.dumps(key.as_dict(private=True))
    return Node("signing.mjs", server.url, client_id, REDIRECT_URI, algorithm, private)


def sign_in(app: Node, visitor: Visitor, way: str) -> dict[str, Any]:
    asked = app.ask("start", scope=SCOPE, way=way)
    assert "url" in asked, asked
    answer = app.ask("finish", url=visitor.authorize(asked["url"], REDIRECT_URI).url)
    assert "error" not in answer, answer
    return answer


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_the_app_proves_itself_by_its_key(live, start, alice, algorithm):
    app = start(live, make_key(algorithm))
    assert sign_in(app, Visitor(alice), "plain")["claims"]["sub"] == alice.sub
    assert app.ask("introspect")["active"] is True


@pytest.mark.parametrize("way", ["signed", "pushed", "signed and pushed"])
def test_a_sign_in_that_is(live, start, alice, way):
    app = start(live, make_key("PS256"))
    assert sign_in(app, Visitor(alice), way)["claims"]["sub"] == alice.sub


def test_the_strictest_app_signs_and_pushes(live, start, alice):
    app = start(live, make_key("ES256"), request_object_signing_alg="ES256", **STRICT)
    assert sign_in(app, Visitor(alice), "signed and pushed")["claims"]["sub"] == alice.sub
    refused = app.ask("start", scope=SCOPE, way="pushed")
    assert "url" not in refused
    assert "url" not in app.ask("start", scope=SCOPE, way="nothing of that")


class Keys(ThreadingHTTPServer):
    """The app's jwks_uri."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keys)
        self.document: dict[str, Any] = {}
        self.fetched = 0


class _Keys(BaseHTTPRequestHandler):
    server: Keys

    def do_GET(self) -> None:
        self.server.fetched += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(self.server.document).encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def published() -> Iterator[Keys]:
    server = Keys()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_refresh_token_rp_key_rotation(make_server, published, start):
    """INTEROP 14: the app swaps its key under the same jwks_uri, and the next assertion is understood."""
    server = make_server(workers=1, IDP_FETCH_NETWORKS="127.0.0.0/8")
    first, second = make_key("ES256", "first"), make_key("ES256", "second")
    published.document = key_set(first)
    client = server.client(
        client_name="A machine",
        grant_types=["client_credentials"],
        scope="jobs",
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=f"http://127.0.0.1:{published.server_port}/jwks",
    )
    with run(server, client["client_id"], first) as app:
        assert "access_token" in app.ask("credentials", scope="jobs")
        assert "access_token" in app.ask("credentials", scope="jobs")
        assert published.fetched == 1
        published.document = key_set(second)
        with run(server, client["client_id"], second) as rotated:
            assert "access_token" in rotated.ask("credentials", scope="jobs")
    assert published.fetched == 2
