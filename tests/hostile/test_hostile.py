"""Hostile mode finds what an app takes that it should not, and nothing at one that checks all."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command

from idp.hostile import cases, driver, server
from idp.hostile.scoring import Outcome, Report, Verdict
from idp.playground import tampering
from tests.hostile.parties import Careful, Closed, Naive, Party, running, url_of

Play = Callable[[type[Party]], tuple[server.Application, driver.App]]


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as stack:

        def begin(kind: type[Party]) -> tuple[server.Application, driver.App]:
            playing = stack.enter_context(server.serving(0))
            url = stack.enter_context(running(kind(playing.provider.issuer)))
            sign = driver.Sign.read("text=Hello")
            return playing, driver.App(f"{url}/login", sign, f"{url}/", f"{url}/signed-out")

        yield begin


def test_an_app_that_checks_everything_has_full_marks(play: Play) -> None:
    playing, app = play(Careful)
    report = driver.report(app, playing.provider)
    assert [each.case.id for each in report.outcomes if not each.good] == []
    assert len(report.outcomes) == len(cases.table())
    assert report.passed


def test_an_app_that_believes_everything_is_caught_at_each_case(play: Play) -> None:
    """one-character may leave JSON that nobody can read, by chance: then even this one refuses."""
    playing, app = play(Naive)
    report = driver.report(app, playing.provider)
    good = {each.case.id for each in report.outcomes if each.good} - {"one-character"}
    assert good == {"honest", "rotation", "logout-honest"}
    assert [each.case.id for each in report.outcomes if each.good is None] == ["other-userinfo"]
    should = {"wrong-at-hash", "no-issuer", "logout-again"}
    assert {each.case.id for each in report.failures} | should | {"one-character"} == {
        case.id for case in cases.table()
    } - good - {"other-userinfo"}
    assert not report.passed


def test_an_app_that_lets_nobody_in_has_proved_nothing(play: Play) -> None:
    playing, app = play(Closed)
    report = driver.report(driver.App(app.start, app.sign, app.look_at), playing.provider, ("alg-none",))
    assert report.failures == [report.outcomes[0]]
    assert not report.meaningful
    assert not report.passed
    assert "says nothing" in "\n".join(report.lines())


def test_the_forgeries_are_those_of_the_tamper_table() -> None:
    named = {case.id.removeprefix("logout-"): case for case in cases.table()}
    shared = [row for row in tampering.table() if row.id in named]
    assert len(shared) >= 12
    for row in shared:
        case = named[row.id]
        assert (case.header, case.sign, case.flip, case.prefix) == (
            row.header,
            row.sign,
            row.flip,
            row.prefix,
        )
        assert case.name == row.name


def test_every_case_says_what_a_good_app_does_and_where_that_stands() -> None:
    assert len({case.id for case in cases.table()}) == len(cases.table())
    assert all(case.clause and case.does and case.name for case in cases.table())


class TestCommand:
    @pytest.fixture
    def party(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Party]:
        """An app whose issuer is only known once the command serves."""
        party = Careful("")
        real = server.serving

        def serving(port: int) -> Any:
            context = real(0)
            playing = context.__enter__()
            party.issuer = playing.provider.issuer

            class Again:
                def __enter__(self) -> Any:
                    return playing

                def __exit__(self, *args: object) -> None:
                    context.__exit__(None, None, None)

            return Again()

        monkeypatch.setattr(server, "serving", serving)
        with running(party):
            yield party

    def test_it_drives_the_app_and_reports(self, party: Party) -> None:
        out = io.StringIO()
        call_command(
            "hostile", "--app", f"{party.url}/login", "--look-at", party.url, "--signed-in-when", "text=Hello",
            "--only", "alg-none", "--json", stdout=out,
        )  # fmt: skip
        report = json.loads(out.getvalue())
        assert report["passed"] is True
        assert {row["id"]: row["verdict"] for row in report["cases"]} == {
            "honest": "let in",
            "alg-none": "refused",
        }

    def test_its_exit_code_is_1_for_an_app_that_fails(self, party: Party) -> None:
        out = io.StringIO()
        with pytest.raises(SystemExit) as end:
            call_command(
                "hostile",
                "--app",
                f"{party.url}/login",
                "--signed-in-when",
                "text=Nothing of this",
                stdout=out,
            )
        assert end.value.code == 1

    def test_a_sign_that_is_always_there_is_refused(self, party: Party) -> None:
        with pytest.raises(CommandError, match="before anybody signed in"):
            call_command("hostile", "--app", f"{party.url}/login", "--look-at", party.url)

    @pytest.mark.parametrize(
        "address", ["https://app.example.com/login", "http://10.0.0.1/", "ftp://localhost/x"]
    )
    def test_it_visits_this_machine_only(self, party: Party, address: str) -> None:
        with pytest.raises(CommandError, match="not an address of this machine"):
            call_command("hostile", "--app", address)

    def test_it_refuses_a_public_issuer(self, settings: Any) -> None:
        settings.LOCAL = False
        with pytest.raises(CommandError, match="developer's machine"):
            call_command("hostile", "--app", "http://localhost:1/")

    def test_an_app_that_goes_elsewhere_is_named(self, party: Party) -> None:
        with pytest.raises(CommandError, match="is the app set to this issuer"):
            call_command("hostile", "--app", f"{party.url}/", "--signed-in-when", "text=Hello")

    def test_it_lists_its_cases(self) -> None:
        out = io.StringIO()
        call_command("hostile", "--list", "--json", stdout=out)
        assert len(json.loads(out.getvalue())) == len(cases.table())


class TestPage:
    """For who has no driver: each sign-in is the next case, and a person says what the app did."""

    @pytest.fixture
    def playing(self) -> Iterator[server.Application]:
        with server.serving(0) as playing:
            yield playing

    def ask(self, playing: server.Application, **changes: str) -> requests.Response:
        params = {
            "response_type": "code",
            "client_id": "x",
            "redirect_uri": "http://localhost:9/cb",
            **changes,
        }
        address = url_of(f"{playing.provider.issuer}/authorize", **params)
        return requests.get(address, allow_redirects=False, timeout=5)

    def press(self, playing: server.Application, case: str, do: str, **headers: str) -> int:
        form = {"case": case, "do": do}
        url = playing.provider.issuer
        return requests.post(url, form, headers=headers, allow_redirects=False, timeout=5).status_code

    def test_each_sign_in_is_the_next_case(self, playing: server.Application) -> None:
        seen = []
        for _ in cases.sign_ins():
            seen.append(playing.provider.current.id)
            assert self.ask(playing).status_code == 303
        assert seen == [case.id for case in cases.sign_ins()]
        assert playing.provider.current.id == "honest"

    def test_what_a_person_says_is_scored(self, playing: server.Application) -> None:
        self.ask(playing)
        assert "was sent the answer" in requests.get(playing.provider.issuer, timeout=5).text
        assert self.press(playing, "honest", "let in") == 303
        assert self.press(playing, "alg-none", "let in", Origin="null") == 303
        report = requests.get(f"{playing.provider.issuer}/report.json", timeout=5).json()
        assert (report["right"], report["of"]) == (1, 2)
        page = requests.get(playing.provider.issuer, timeout=5)
        assert "✗ It did not: let in." in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert self.press(playing, "mix-up", "next") == 303
        assert playing.provider.current.id == "mix-up"

    @pytest.mark.parametrize(
        ("case", "do", "headers", "status"),
        [
            ("honest", "let in", {"Origin": "http://evil.example"}, 403),
            ("honest", "let in", {"Sec-Fetch-Site": "cross-site"}, 403),
            ("nothing", "let in", {}, 400),
            ("honest", "everything", {}, 400),
            ("honest", "let in", {"Host": "evil.example"}, 400),
        ],
    )
    def test_nobody_else_presses(
        self, playing: server.Application, case: str, do: str, headers: dict[str, str], status: int
    ) -> None:
        assert self.press(playing, case, do, **headers) == status

    @pytest.mark.parametrize(
        "change",
        [
            {"redirect_uri": "https://app.example/cb"},
            {"redirect_uri": "http://10.0.0.1/cb"},
            {"redirect_uri": "javascript:alert(1)"},
            {"redirect_uri": ""},
            {"response_type": "token"},
            {"client_id": ""},
        ],
    )
    def test_s_004_forgeries_go_to_this_machine_only(
        self, playing: server.Application, change: dict[str, str]
    ) -> None:
        assert self.ask(playing, **change).status_code == 400

    def test_it_listens_on_this_machine_only(self) -> None:
        assert server.ADDRESS == "127.0.0.1"


def test_what_should_be_costs_no_mark() -> None:
    should = next(case for case in cases.table() if case.strength == "should")
    honest = cases.table()[0]
    report = Report((Outcome(honest, Verdict.LET_IN), Outcome(should, Verdict.LET_IN)))
    assert report.passed
    assert (report.right, report.tried) == (1, 1)
    assert any(line.startswith("!") for line in report.lines())
