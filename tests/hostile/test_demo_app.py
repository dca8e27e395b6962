"""The demo app, a Django site by Authlib as it ships, against the broken provider: full marks."""

from pathlib import Path

import pytest

from idp.hostile import cases, driver, server
from tests.live.process import ROOT, Process, environment


@pytest.mark.slow
def test_the_demo_app_takes_nothing_that_it_should_not(tmp_path: Path) -> None:
    with server.serving(0) as playing:
        process = Process(tmp_path / "demo.log")
        url = f"http://127.0.0.1:{process.port}"
        env = environment(
            OIDC_ISSUER=playing.provider.issuer,
            OIDC_CLIENT_ID="notes",
            OIDC_CLIENT_SECRET="secret",
            APP_NAME="Notes",
            APP_URL=url,
        )
        arguments = ("--threads=4", "--no-control-socket", "demo_app")
        process.gunicorn(*arguments, env=env, cwd=ROOT / "examples", ready="/favicon.ico")
        try:
            app = driver.App(f"{url}/sign-in", driver.Sign.read("text=Alice"), f"{url}/")
            report = driver.report(app, playing.provider)
        finally:
            process.stop()
    assert [(each.case.id, each.note) for each in report.outcomes if not each.good or each.note] == []
    assert len(report.outcomes) == len(cases.sign_ins())
