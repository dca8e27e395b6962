"""The package for apps' own tests: built and installed as its users do, for a tiny project somewhere else."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from idp.management import bed
from idp.models import Client
from tests.factories import make_user

ROOT = Path(__file__).resolve().parents[2]

APP = '''
"""An app: WSGI, Authlib, and a session in a cookie's name."""
import secrets
from urllib.parse import parse_qsl

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet


class App:
    def __init__(self, issuer, client_id, client_secret, url):
        self.issuer, self.client_id, self.url, self.inside, self.begun = issuer, client_id, url, {}, {}
        self.metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
        self.session = OAuth2Session(client_id, client_secret, scope="openid profile groups",
                                     redirect_uri=f"{url}/callback", code_challenge_method="S256")

    def begin(self):
        kept = {"code_verifier": secrets.token_urlsafe(48), "nonce": secrets.token_urlsafe(8)}
        address, state = self.session.create_authorization_url(self.metadata["authorization_endpoint"], **kept)
        self.begun[state] = kept
        return address

    def callback(self, address):
        query = dict(parse_qsl(address.partition("?")[2]))
        if "error" in query:
            return query["error"]
        kept = self.begun.pop(query["state"])
        token = self.session.fetch_token(self.metadata["token_endpoint"], code=query["code"],
                                         code_verifier=kept["code_verifier"])
        keys = KeySet.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=10).json())
        decoded = jwt.decode(token["id_token"], keys)
        options = {"iss": {"essential": True, "value": self.issuer}}
        params = {"nonce": kept["nonce"], "client_id": self.client_id}
        CodeIDToken(decoded.claims, decoded.header, options, params).validate()
        return {**decoded.claims, "kid": decoded.header["kid"]}
'''

FLASK_APP = '''
"""The app, and its framework's test client, for which the example of the README is written."""
import pytest
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session


@pytest.fixture
def client():
    app = Flask(__name__)
    app.secret_key = "x"
    oauth = OAuth(app)

    @app.get("/login")
    def login():
        oauth.register("idp", overwrite=True, client_id=app.config["OIDC_CLIENT_ID"],
                       client_secret=app.config["OIDC_CLIENT_SECRET"],
                       server_metadata_url=app.config["OIDC_ISSUER"] + "/.well-known/openid-configuration",
                       client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"})
        return oauth.idp.authorize_redirect("http://localhost/callback")

    @app.get("/callback")
    def callback():
        session["name"] = oauth.idp.authorize_access_token()["userinfo"]["name"]
        return redirect("/")

    @app.get("/")
    def home():
        return f"Hello, {session['name']}"

    return app.test_client()
'''

TESTS = """
import pytest
from app import App

from signet_testing import Signet, SignetFailed, bed


@pytest.fixture
def app(signet):
    registered = signet.client("http://localhost/callback", scope="openid profile groups")
    return App(signet.issuer, registered.client_id, registered.client_secret, "http://localhost")


def test_who_signs_in_is_known(signet, app):
    erin = signet.person("erin", groups=["editors"], name="Erin Liddell")
    back = signet.sign_in(app.begin(), erin)
    assert back.startswith("http://localhost/callback?")
    claims = app.callback(back)
    assert claims["sub"] == erin.sub
    assert claims["name"] == "Erin Liddell"
    assert claims["groups"] == ["editors"]


def test_who_refuses_is_not_let_in(signet, app):
    assert app.callback(signet.sign_in(app.begin(), signet.person("bob"), decision="deny")) == "access_denied"


def test_a_new_key_is_fetched(signet, app):
    carol = signet.person("carol")
    before = app.callback(signet.sign_in(app.begin(), carol))["kid"]
    after = signet.new_key()
    assert app.callback(signet.sign_in(app.begin(), carol))["kid"] == after != before
    assert signet.end_sessions(carol) == 2


def test_what_can_not_be_made_is_said(signet):
    with pytest.raises(SignetFailed, match="redirect"):
        signet.client("javascript:alert(1)")
    with pytest.raises(SignetFailed, match="shoe_size"):
        signet.person("dave", shoe_size="44")


def test_where_no_signet_is_that_is_said_and_nothing_left(tmp_path, monkeypatch):
    monkeypatch.delenv("SIGNET_HOME")
    monkeypatch.setattr(bed, "_memory", lambda: str(tmp_path))
    with pytest.raises(SignetFailed, match="set SIGNET_HOME"), Signet():
        pass
    assert not list(tmp_path.iterdir())
"""


def installed(folder: Path) -> Path:
    """By pip, and without asking anybody: a wheel, built from a copy, and where its files went."""
    shutil.copytree(ROOT / "rp", folder / "rp", ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, folder / "rp"]
    subprocess.run([*pip, *build], check=True, timeout=120)
    [wheel] = folder.glob("signet_testing-*.whl")
    target = folder / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", target, wheel], check=True)
    return target


@pytest.mark.slow
def test_another_project_tests_its_app_with_it(tmp_path: Path) -> None:
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "rp" / "README.md").read_text("utf-8"), re.DOTALL)
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(APP)
    (project / "conftest.py").write_text(FLASK_APP)
    (project / "test_app.py").write_text(TESTS)
    (project / "test_readme.py").write_text(example)
    (project / "pytest.ini").write_text("[pytest]\n")  # a root of its own
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("IDP_", "DJANGO_", "PYTEST_"))
    }
    without = ("-p", "no:django", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *without],
        cwd=project,
        env={**kept, "PYTHONPATH": str(installed(tmp_path)), "SIGNET_HOME": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert "6 passed" in done.stdout, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.django_db
class TestBed:
    def test_it_refuses_a_database_with_people(self) -> None:
        make_user("alice")
        with pytest.raises(CommandError, match="it is no test bed"):
            call_command("testbed", "--port", "0", stdout=io.StringIO())

    def test_it_refuses_a_public_issuer(self, settings: Any) -> None:
        settings.LOCAL = False
        with pytest.raises(CommandError, match="public address"):
            call_command("testbed", "--port", "0")

    @pytest.mark.parametrize(
        "said",
        [
            {},
            {"do": "everything"},
            {"do": "client"},
            {"do": "client", "said": {"redirect_uris": ["https://*"]}},
            {"do": "end_sessions", "username": "nobody"},
            {"do": "person", "username": "a", "password": "x", "email": "no", "groups": [], "claims": {}},
        ],
    )
    def test_what_it_can_not_do_is_a_problem_and_no_crash(self, said: dict[str, Any]) -> None:
        assert list(bed.carry_out(said)) == ["problem"]
        assert not Client.objects.exists()

    def test_an_order_that_is_no_json_is_one_too(self) -> None:
        from idp.management.commands.testbed import _carried_out

        assert "JSON" in _carried_out("{")["problem"]
        assert "JSON" in _carried_out(json.dumps([1]))["problem"]
