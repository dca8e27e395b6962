"""`manage.py client`: apps by hand and by script, as they would be typed."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from idp.clients.authentication import SECRET
from idp.models import Client
from idp.protocol.secrets import matches

URI = "https://app.example/cb"
pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("client", *arguments, stdout=out)
    return out.getvalue()


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


@pytest.fixture
def wiki() -> dict[str, Any]:
    made: dict[str, Any] = run_json("create", "Wiki", "--redirect-uri", URI)
    return made


def opens(client: Client, value: str) -> bool:
    return any(matches(value, secret.digest, SECRET) for secret in client.secrets.all())


def last_event() -> AuditEvent:
    return AuditEvent.objects.order_by("-id")[0]


def test_create_prints_the_registration_response(wiki: dict[str, Any]) -> None:
    client = Client.objects.get(client_id=wiki["client_id"])
    assert wiki["client_name"] == client.name == "Wiki"
    assert wiki["redirect_uris"] == [URI]
    assert wiki["grant_types"] == ["authorization_code", "refresh_token"]
    assert wiki["client_secret_expires_at"] == 0
    assert opens(client, wiki["client_secret"])


def test_create_by_hand_prints_what_to_paste() -> None:
    printed = run("create", "Wiki", "--redirect-uri", URI)
    client = Client.objects.get()
    for value in (
        client.client_id,
        client.secrets.get().hint,
        "http://localhost:8000",
        "openid-configuration",
    ):
        assert value in printed


def test_every_option_arrives() -> None:
    Group.objects.create(name="staff")
    made = run_json(
        *("create", "Wiki", "--client-id", "wiki", "--public", "--native", "--first-party", "--alg", "RS256"),
        *("--redirect-uri", URI, "--redirect-uri", "http://127.0.0.1/cb", "--post-logout-redirect-uri", URI),
        *(
            "--scope",
            "openid email",
            "--scope",
            "groups",
            "--group",
            "staff",
            "--audience",
            "https://api.example",
        ),
        *("--home-page", "https://app.example", "--contact", "alice@example.com"),
    )
    assert made["client_id"] == "wiki"
    assert made["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in made
    assert made["application_type"] == "native"
    assert made["signet_first_party"] is True
    assert made["redirect_uris"] == [URI, "http://127.0.0.1/cb"]
    assert made["post_logout_redirect_uris"] == [URI]
    assert made["scope"] == "openid email groups"
    assert made["signet_groups"] == ["staff"]
    assert made["signet_audiences"] == ["https://api.example"]
    assert made["contacts"] == ["alice@example.com"]


def test_s_017_tokens_through_the_browser_are_switched_on_by_name() -> None:
    types = ("--response-type", "code", "--response-type", "code id_token")
    made = run_json("create", "Wiki", "--client-id", "wiki", "--redirect-uri", URI, *types)
    assert made["response_types"] == ["code", "code id_token"]
    assert "implicit" in made["grant_types"]
    run("update", "wiki", "--response-type", "code")
    assert Client.objects.get().response_types == ["code"]
    assert "implicit" not in Client.objects.get().grant_types


def test_a_machine_is_made_without_an_address() -> None:
    made = run_json("create", "Robot", "--grant-type", "client_credentials", "--scope", "reports:read")
    assert made["grant_types"] == ["client_credentials"]
    assert made["response_types"] == []
    assert made["scope"] == "reports:read"


def test_metadata_from_a_file_is_answered_in_json(tmp_path: Path) -> None:
    file = tmp_path / "wiki.json"
    file.write_text(json.dumps({"client_name": "Wiki", "redirect_uris": [URI], "signet_first_party": True}))
    made = json.loads(run("create", "--from-metadata", str(file)))
    assert made["client_name"] == "Wiki"
    assert made["grant_types"] == ["authorization_code"]  # RFC 7591's default, not the command's
    assert made["signet_first_party"] is True
    assert made["client_secret"]


def test_metadata_from_standard_input_with_options_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.dumps({"client_name": "Wiki", "redirect_uris": [URI]}).encode()
    monkeypatch.setattr("idp.management.client_options.stdin", SimpleNamespace(buffer=io.BytesIO(document)))
    made = json.loads(run("create", "Notes", "--from-metadata", "-", "--client-id", "notes"))
    assert (made["client_id"], made["client_name"]) == ("notes", "Notes")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "Wiki"), "invalid_redirect_uri"),
        (("create", "Wiki", "--redirect-uri", "http://app.example"), "redirect_uris"),
        (("create", "Wiki", "--redirect-uri", URI, "--group", "staf"), "staf"),
        (("create", "Wiki", "--redirect-uri", URI, "--alg", "ES256"), "IDP_KEY_ALGORITHMS"),
        (("create", "Wiki", "--redirect-uri", URI, "--client-id", "a b"), "letters, digits"),
        (("create", "Wiki", "--redirect-uri", URI, "--client-id", "taken"), "already exists"),
        (("create", "--from-metadata", "/nowhere/file"), "/nowhere/file"),
        (("create", "--from-metadata", "/dev/null"), "JSON"),
        (("show", "unknown"), "client list"),
        (("rotate-secret", "unknown"), "client list"),
        (("rotate-secret", "taken"), "without a secret"),
        (("end-secret", "taken", "abcd"), "no such secret"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(arguments: tuple[str, ...], words: str) -> None:
    Client.objects.create(client_id="taken", name="Taken", token_endpoint_auth_method="none")
    with pytest.raises(CommandError, match=words):
        run(*arguments)
    assert Client.objects.count() == 1


def test_list_and_show_never_show_a_secret(wiki: dict[str, Any]) -> None:
    listed = run_json("list")
    assert listed == [{"client_id": wiki["client_id"], "client_name": "Wiki", "enabled": True}]
    shown = run_json("show", wiki["client_id"])
    assert [secret["hint"] for secret in shown["secrets"]] == [wiki["client_secret"][-4:]]
    stored = Client.objects.get().secrets.get().digest
    for printed in (run("list"), run("show", wiki["client_id"]), json.dumps(shown), json.dumps(listed)):
        assert wiki["client_secret"] not in printed
        assert stored not in printed


def test_update_changes_what_is_named_only(wiki: dict[str, Any]) -> None:
    shown = run_json("update", wiki["client_id"], "--name", "Notes", "--first-party")
    assert (shown["client_name"], shown["signet_first_party"]) == ("Notes", True)
    assert shown["redirect_uris"] == [URI]
    assert shown["scope"] == wiki["scope"]
    assert len(shown["secrets"]) == 1
    assert (last_event().type, last_event().client_id) == ("client.changed", wiki["client_id"])


def test_s_042_a_secret_rotates_with_both_working_until_the_old_one_is_ended(wiki: dict[str, Any]) -> None:
    client, old = Client.objects.get(), wiki["client_secret"]
    rotated = run_json("rotate-secret", client.client_id)
    assert rotated["also_live"] == [old[-4:]]
    assert rotated["ended"] == []
    assert opens(client, old)
    assert opens(client, rotated["client_secret"])
    run("end-secret", client.client_id, "…" + old[-4:])
    assert not opens(client, old)
    assert opens(client, rotated["client_secret"])


def test_s_042_end_old_leaves_only_the_new_one(wiki: dict[str, Any]) -> None:
    client, old = Client.objects.get(), wiki["client_secret"]
    rotated = run_json("rotate-secret", client.client_id, "--end-old")
    assert rotated["ended"] == [old[-4:]]
    assert not opens(client, old)
    assert opens(client, rotated["client_secret"])


def test_rotating_by_hand_says_what_else_still_works(wiki: dict[str, Any]) -> None:
    assert f"end-secret {wiki['client_id']} …{wiki['client_secret'][-4:]}" in run(
        "rotate-secret", wiki["client_id"]
    )


def test_disable_and_enable(wiki: dict[str, Any]) -> None:
    before = Client.objects.get().revision
    assert run_json("disable", wiki["client_id"])["enabled"] is False
    assert not Client.objects.get().enabled
    assert Client.objects.get().revision != before
    assert "(disabled)" in run("list")
    assert run_json("enable", wiki["client_id"])["enabled"] is True
    assert Client.objects.get().enabled


@pytest.mark.parametrize(("said", "words"), [("n\n", "Nothing was changed"), ("", "give --yes")])
def test_delete_asks_first(
    wiki: dict[str, Any], monkeypatch: pytest.MonkeyPatch, said: str, words: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    with pytest.raises(CommandError, match=words):
        run("delete", wiki["client_id"])
    assert Client.objects.exists()
    assert run_json("delete", wiki["client_id"], "--yes")["deleted"] is True
    assert not Client.objects.exists()


def test_s_143_each_act_is_in_the_audit_log_without_a_secret(wiki: dict[str, Any]) -> None:
    name = wiki["client_id"]
    rotated = run_json("rotate-secret", name)
    run("end-secret", name, "…" + wiki["client_secret"][-4:])
    for act in ("disable", "enable"):
        run(act, name)
    run("delete", name, "--yes")
    events = AuditEvent.objects.filter(client_id=name).order_by("id")
    assert [event.type for event in events] == [
        *("client.created", "client.secret_issued", "client.secret_ended"),
        *("client.disabled", "client.enabled", "client.deleted"),
    ]
    written = json.dumps([event.detail for event in events])
    assert wiki["client_secret"] not in written
    assert rotated["client_secret"] not in written
