"""The demo app of examples/, started against a server as `make run` starts it, on a host that is not Signet's."""

import secrets
from pathlib import Path

from tests.live.process import ROOT, Process, environment
from tests.live.server import Server


class DemoApp:
    def __init__(self, server: Server, name: str, folder: Path, *, first_party: bool = False) -> None:
        self.name = name
        self.process = Process(folder / f"{name}-{secrets.token_hex(3)}.log")
        self.url = f"http://127.0.0.1:{self.process.port}"
        self.registration = server.client(
            *(["--first-party"] if first_party else []),
            client_name=name,
            redirect_uris=[f"{self.url}/callback"],
            post_logout_redirect_uris=[f"{self.url}/"],
            scope="openid profile email groups",
            grant_types=["authorization_code", "refresh_token"],
        )
        env = environment(
            OIDC_ISSUER=server.url,
            OIDC_CLIENT_ID=self.registration["client_id"],
            OIDC_CLIENT_SECRET=self.registration["client_secret"],
            APP_NAME=name,
            APP_URL=self.url,
        )
        arguments = ("--threads=4", "--no-control-socket", "demo_app")
        self.process.gunicorn(*arguments, env=env, cwd=ROOT / "examples", ready="/favicon.ico")

    def stop(self) -> None:
        self.process.stop()
