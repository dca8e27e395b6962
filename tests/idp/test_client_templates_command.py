"""`manage.py client create --template`, `client snippet` and `client templates`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from idp.app_templates import library
from idp.models import Client

pytestmark = pytest.mark.django_db
Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> str:
        call_command("client", *arguments)
        return capsys.readouterr().out

    return run


def create(run: Run, *more: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        run("create", "--template", "grafana", "--domain", "grafana.example.com", "--json", *more)
    )
    return answer


def test_a_template_and_a_domain_register_the_app(run: Run) -> None:
    made = create(run)
    client = Client.objects.get(client_id=made["client_id"])
    assert client.redirect_uris == ["https://grafana.example.com/login/generic_oauth"]
    assert client.grant_types == ["authorization_code"]
    [ini, *_] = made["settings"]
    assert ini["language"] == "ini"
    assert f"client_secret = {made['client_secret']}\n" in ini["text"]


def test_it_is_printed_for_people_with_its_instructions(run: Run) -> None:
    printed = run("create", "--template", "grafana", "--domain", "grafana.example.com")
    assert "Grafana is registered" in printed
    assert "In `grafana.ini`:" in printed
    assert f"client_id = {Client.objects.get().client_id}" in printed


def test_options_and_a_name_win_over_the_template(run: Run) -> None:
    call_command(
        "client", "create", "Metrics", "--template", "grafana", "--domain", "g.example", "--scope", "openid"
    )
    client = Client.objects.get()
    assert (client.name, client.scopes) == ("Metrics", ["openid"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--template", "nothing", "--domain", "a.example"], "no template nothing"),
        (["--template", "grafana"], "--domain"),
        (["--template", "grafana", "--domain", "http://a.example"], "--domain: http is for this machine"),
        (["--template", "grafana", "--domain", "a b"], "--domain"),
        (["--template", "kubelogin", "--domain", "a.example"], "needs no --domain"),
        (["App", "--domain", "a.example"], "goes with --template"),
    ],
)
def test_what_is_not_right_registers_nothing(arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("client", "create", *arguments)
    assert not Client.objects.exists()


def test_a_snippet_is_printed_again_without_the_secret(run: Run) -> None:
    made = create(run)
    for arguments in ([], ["--template", "grafana"]):
        printed = run("snippet", made["client_id"], *arguments)
        assert f"client_id = {made['client_id']}\nclient_secret = YOUR_CLIENT_SECRET\n" in printed
        assert made["client_secret"] not in printed
    as_json = json.loads(run("snippet", made["client_id"], "--json"))
    assert (as_json["template"], as_json["settings"][0]["language"]) == ("grafana", "ini")


def test_a_snippet_of_an_app_of_no_template_wants_one_named(run: Run) -> None:
    client = Client.objects.create(name="x", redirect_uris=["https://x.example/own"])
    with pytest.raises(CommandError, match="name one with --template"):
        run("snippet", client.client_id)
    with pytest.raises(CommandError, match="no template nothing"):
        run("snippet", client.client_id, "--template", "nothing")
    with pytest.raises(CommandError, match="no app with this client id"):
        run("snippet", "nobody", "--template", "grafana")


def test_the_templates_are_listed(run: Run) -> None:
    listed = json.loads(run("templates", "--json"))
    assert [each["template"] for each in listed] == list(library.templates())
    assert {each["status"] for each in listed} == {"run in tests", "not run"}
    assert "grafana" in run("templates")
    assert run("templates", "--markdown") == library.table()


def test_the_same_address_twice_needs_a_word(run: Run) -> None:
    grafana = ("create", "--template", "grafana", "--domain", "grafana.example.com", "--json")
    first = json.loads(run(*grafana))["client_id"]
    with pytest.raises(CommandError, match=rf"Grafana \({first}\).*--again"):
        run(*grafana)
    assert Client.objects.count() == 1
    run(*grafana, "--again")
    assert Client.objects.count() == 2
