"""`manage.py flow` is a relying party: it signs a person in over HTTP, and stops where an app has to stop."""

import json
import secrets
import subprocess
import sys
import threading
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command

from idp.management import flow
from idp.management.flow import Begun, FlowFailed, Wishes
from idp.models import Client
from tests.idp.app import make_client
from tests.live.process import ROOT
from tests.live.server import Server
from tests.live.visitor import Visitor


def run(
    live: Server, *arguments: str, stdin: str = "", decision: str = "allow"
) -> tuple[int, list[dict[str, Any]]]:
    """The command beside a person who opens its link."""
    command = [sys.executable, "manage.py", "flow", *arguments, "--no-browser", "--json", "--timeout", "60"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=live.environment, text=True, **pipes) as process:
        assert process.stdin
        assert process.stderr
        assert process.stdout
        process.stdin.write(stdin)
        process.stdin.close()
        link = next((line.strip() for line in process.stderr if line.startswith("http")), "")
        assert link, process.stdout.read()
        uri = requests.utils.unquote(link.partition("redirect_uri=")[2].partition("&")[0])
        person = live.user(f"alice-{secrets.token_hex(3)}")
        arrival = Visitor(person).authorize(link, uri, decision=decision)
        assert requests.get(arrival.url, timeout=10).status_code == 200
        said = process.stdout.read()
        return process.wait(30), json.loads(said)


def test_a_native_app_without_a_secret(live: Server) -> None:
    client = live.client(
        client_name="Terminal", application_type="native", redirect_uris=["http://127.0.0.1/callback"],
        token_endpoint_auth_method="none", scope="openid profile email",
    )  # fmt: skip
    code, told = run(live, client["client_id"])
    assert code == 0
    steps = {each["step"]: each for each in told}
    assert list(steps) == [
        "discovery", "authorization request", "authorization response", "token response", "ID token", "userinfo",
    ]  # fmt: skip
    assert steps["ID token"]["checks"]["nonce"] == "ok"
    assert steps["ID token"]["checks"]["signature"].startswith("ok, by the key")
    assert steps["authorization response"]["checks"] == {"state": "ok", "iss": "ok"}
    assert "signature cut off" in steps["token response"]["access_token"]


def test_a_web_app_with_a_secret_whose_person_refuses(live: Server) -> None:
    client = live.client(
        client_name="Web", redirect_uris=[f"http://localhost:{free_port()}/cb"], scope="openid"
    )
    code, told = run(
        live, client["client_id"], "--secret-stdin", stdin=client["client_secret"], decision="deny"
    )
    assert code == 1
    assert told[-1]["step"] == "failed"
    assert "access_denied" in told[-1]["why"]


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.django_db
class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({}, "no redirect URI at this machine"),
            ({"redirect_uris": ["http://127.0.0.1/cb"]}, "Can't listen at http://127.0.0.1/cb"),
            (
                {"redirect_uris": ["http://localhost/cb"], "application_type": "native"},
                "--redirect-uri http://127.0.0.1:8765/callback",
            ),
            ({"redirect_uris": ["http://127.0.0.1:8765/cb"]}, "--secret-stdin"),
            (
                {"redirect_uris": ["http://127.0.0.1/cb", "http://127.0.0.1:8765/cb"]},
                "--secret-stdin",
            ),
            (
                {
                    "redirect_uris": ["http://127.0.0.1:8765/cb"],
                    "token_endpoint_auth_method": "private_key_jwt",
                },
                "its own key",
            ),
        ],
    )
    def test_an_app_that_it_can_not_be(self, fields: dict[str, Any], words: str) -> None:
        client = make_client(**fields)
        with pytest.raises(CommandError, match=words):
            call_command("flow", client.client_id, "--no-browser")

    def test_an_app_that_is_not_there_or_switched_off(self) -> None:
        Client.objects.all().delete()
        client = make_client(enabled=False)
        for name in ("nothing", client.client_id):
            with pytest.raises(CommandError, match="no app"):
                call_command("flow", name)

    def test_nobody_who_comes_back(self) -> None:
        with flow.listening("http://127.0.0.1/cb") as listener, pytest.raises(FlowFailed, match="Nobody"):
            listener.wait(0.05)

    def test_only_its_own_path_is_an_answer(self) -> None:
        with flow.listening("http://127.0.0.1/cb") as listener:
            caught: list[dict[str, str]] = []
            waiting = threading.Thread(target=lambda: caught.append(listener.wait(20)))
            waiting.start()
            door = f"http://127.0.0.1:{listener.port}"
            assert requests.get(f"{door}/other?code=x", timeout=5).status_code == 404
            assert requests.get(f"{door}/cb", timeout=5).status_code == 404
            assert requests.get(f"{door}/cb?code=x", timeout=5).status_code == 200
            waiting.join(20)
        assert caught == [{"code": "x"}]

    @pytest.mark.parametrize("uri", ["https://app.example/cb", "http://10.0.0.1/cb", "com.example:/cb"])
    def test_it_listens_on_this_machine_only(self, uri: str) -> None:
        with pytest.raises(FlowFailed, match="not at this machine"), flow.listening(uri):
            pass

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"state": "other"}, "state is wrong"),
            ({"iss": "https://mallory.example"}, "iss is wrong"),
            ({"iss": None}, "iss is wrong"),
            ({"error": "access_denied"}, "access_denied"),
        ],
    )
    def test_an_answer_at_which_an_app_stops(
        self, change: dict[str, str | None], words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        issuer, begun = "http://localhost:8000", Begun()
        metadata = {"issuer": issuer, "authorization_endpoint": f"{issuer}/oauth2/authorize"}
        monkeypatch.setattr(flow, "_discover", lambda wishes: metadata)
        answer = {"code": "x", "state": begun.state, "iss": issuer, **change}
        wishes = Wishes(make_client(), "", "openid", "http://127.0.0.1/cb", issuer)
        with pytest.raises(FlowFailed, match=words):
            flow.run(
                wishes, begun, show=lambda link: None, tell=lambda step, message: None,
                catch=lambda: {name: value for name, value in answer.items() if value is not None},
            )  # fmt: skip
