"""The README's lines for apps do what it says: run as printed, but for the address and the credentials."""

import re
import secrets
import shlex
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import mozilla_django_oidc
import pytest
from authlib.integrations.django_client import OAuth

from tests.live.node import FOLDER, require_packages
from tests.live.server import Server
from tests.live.visitor import Visitor

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CALLBACK = "https://wiki.example.com/callback"


@pytest.fixture(scope="module")
def registered(live: Server) -> dict[str, str]:
    """By the README's command; what it printed, read as a person reads it."""
    command = re.search(r"manage\.py (client create .+)", README)[1]
    printed = live.manage(*shlex.split(command))
    return {name: re.search(rf"{name} +(\S+)", printed)[1] for name in ("client id", "client secret")}


@pytest.fixture
def snippet(live: Server, registered: dict[str, str]):
    def snippet(library: str) -> str:
        code = re.search(rf"\*\*{library}\*\*.*?```\w+\n(.*?)```", README, re.DOTALL)[1]
        assert len(code.splitlines()) <= 5, "the README promises five lines"
        code = code.replace("https://id.example.com", live.url)
        code = re.sub(r"(['\"])client id\1", repr(registered["client id"]), code)
        return re.sub(r"(['\"])secret\1", repr(registered["client secret"]), code)

    return snippet


@pytest.fixture
def alice(live: Server) -> Visitor:
    return Visitor(live.user(f"alice-{secrets.token_hex(3)}"))


def test_authlib(snippet, alice: Visitor):
    names = {"OAuth": OAuth}
    exec(snippet("Authlib"), names)
    signet = names["oauth"].signet
    asked = signet.create_authorization_url(CALLBACK)
    arrival = alice.authorize(asked["url"], CALLBACK)
    token = signet.fetch_access_token(
        CALLBACK, code=arrival.parameters["code"], code_verifier=asked["code_verifier"]
    )
    claims = signet.parse_id_token(token, nonce=asked["nonce"])
    assert claims["sub"] == alice.person.sub


def test_mozilla_django_oidc(snippet, live: Server):
    """tests/relying_parties signs in with these settings; here they are the ones printed."""
    names: dict[str, object] = {}
    exec(snippet("mozilla-django-oidc"), names)
    printed = {name: value for name, value in names.items() if name.startswith("OIDC_")}
    folder = Path(mozilla_django_oidc.__file__).parent
    library = "".join(path.read_text() for path in folder.glob("*.py"))
    assert [name for name in printed if f'"{name}"' not in library] == []
    metadata = live.get("/.well-known/openid-configuration").json()
    for name, field in {
        "OIDC_OP_AUTHORIZATION_ENDPOINT": "authorization_endpoint",
        "OIDC_OP_TOKEN_ENDPOINT": "token_endpoint",
        "OIDC_OP_USER_ENDPOINT": "userinfo_endpoint",
        "OIDC_OP_JWKS_ENDPOINT": "jwks_uri",
    }.items():
        assert printed[name] == metadata[field]


@pytest.mark.node
def test_openid_client(snippet, alice: Visitor):
    require_packages()
    node = shutil.which("node") or pytest.skip("Node.js is not installed")
    ask, exchange = re.match(r"(.*\n)(const tokens.*\n)", snippet("openid-client"), re.DOTALL).groups()
    # Plain http, as here, is for this machine only, so the library wants to be told.
    ask = re.sub(r"(ClientSecretBasic\(.*?\))", r"\1, { execute: [client.allowInsecureRequests] }", ask)
    program = (
        "import * as client from 'openid-client'\nimport { createInterface } from 'node:readline/promises'\n"
        f"{ask}console.log(address.href)\n"
        "const currentUrl = new URL(await createInterface({ input: process.stdin }).question(''))\n"
        f"{exchange}console.log(tokens.claims().sub)\nprocess.exit()"
    )
    command = [node, "--input-type=module", "--eval", program]
    with subprocess.Popen(command, cwd=FOLDER, text=True, stdin=-1, stdout=-1) as app:
        address = app.stdout.readline().strip()
        assert parse_qs(urlsplit(address).query)["code_challenge_method"] == ["S256"]
        arrival = alice.authorize(address, CALLBACK)
        out, _ = app.communicate(arrival.url + "\n", timeout=60)
    assert out.strip() == alice.person.sub
