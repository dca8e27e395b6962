"""`manage.py client` on how people are called at an app, who can read its answers, and what signs them."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError
from joserfc.jwk import RSAKey

from idp import claims
from idp.clients import sectors
from idp.clients.sectors import SectorDocument
from idp.models import Client
from tests.factories import make_user
from tests.idp.clients.test_client_command import URI, run, run_json

pytestmark = pytest.mark.django_db
OTHER = "https://other.example/cb"
SECTOR = "https://sector.example/list.json"


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(uri: object) -> SectorDocument | None:
        return SectorDocument(str(uri), frozenset([URI, OTHER])) if uri else None

    monkeypatch.setattr(sectors, "look", look)


@pytest.fixture
def keys(tmp_path: Path) -> str:
    key = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return str(path)


def test_a_pairwise_app_is_made_by_an_option() -> None:
    made = run_json("create", "Wiki", "--redirect-uri", URI, "--subject-type", "pairwise")
    assert made["subject_type"] == "pairwise"
    assert Client.objects.get().sector.identifier == "app.example"


def test_the_kind_is_not_changed_afterwards() -> None:
    made = run_json("create", "Wiki", "--redirect-uri", URI)
    with pytest.raises(CommandError, match="register the app anew"):
        run("update", made["client_id"], "--subject-type", "pairwise")
    assert Client.objects.get().subject_type == "public"
    assert (
        run_json("update", made["client_id"], "--subject-type", "public", "--name", "W")["client_name"] == "W"
    )


def test_a_sector_document_is_looked_at_when_it_matters(listed: None) -> None:
    both = ("--redirect-uri", URI, "--redirect-uri", OTHER)
    with pytest.raises(CommandError, match="several hosts"):
        run("create", "Wiki", *both, "--subject-type", "pairwise")
    made = run_json("create", "Wiki", *both, "--subject-type", "pairwise", "--sector-identifier-uri", SECTOR)
    assert made["sector_identifier_uri"] == SECTOR
    assert Client.objects.get().sector.identifier == "sector.example"
    assert run_json("update", made["client_id"], "--redirect-uri", URI)["redirect_uris"] == [URI]
    with pytest.raises(CommandError, match="has to list every redirect URI"):
        run("update", made["client_id"], "--redirect-uri", "https://third.example/cb")


def test_other_changes_do_without_the_network(listed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run_json("create", "Wiki", "--redirect-uri", URI, "--sector-identifier-uri", SECTOR)
    monkeypatch.setattr(sectors, "look", lambda uri: pytest.fail("fetched"))
    assert run_json("update", made["client_id"], "--name", "Notes")["client_name"] == "Notes"


@pytest.mark.parametrize("kind", ["public", "pairwise"])
def test_an_operator_finds_the_person_behind_a_subject(kind: str) -> None:
    made = run_json("create", "Wiki", "--redirect-uri", URI, "--subject-type", kind)
    client, alice = Client.objects.get(), make_user("alice")
    make_user("bob")
    found = run_json("whose", made["client_id"], claims.subject(alice, client))
    assert found == {"username": "alice", "id": str(alice.pk), "is_active": True}
    assert "alice" in run("whose", made["client_id"], claims.subject(alice, client))
    with pytest.raises(CommandError, match="knows nobody"):
        run("whose", made["client_id"], "somebody")


def test_encryption_is_switched_on_and_off(keys: str) -> None:
    made = run_json(
        "create", "Wiki", "--redirect-uri", URI, "--jwks-file", keys,
        "--id-token-encryption-alg", "RSA-OAEP-256", "--userinfo-encryption-alg", "RSA-OAEP-256",
        "--userinfo-encryption-enc", "A256GCM",
    )  # fmt: skip
    assert made["id_token_encrypted_response_enc"] == "A128CBC-HS256"
    assert made["userinfo_encrypted_response_enc"] == "A256GCM"
    off = ("--id-token-encryption-alg", "", "--id-token-encryption-enc", "")
    changed = run_json("update", made["client_id"], *off)
    assert "id_token_encrypted_response_alg" not in changed
    assert changed["userinfo_encrypted_response_alg"] == "RSA-OAEP-256"


def test_encryption_needs_a_key() -> None:
    with pytest.raises(CommandError, match="needs a public key of the app"):
        run("create", "Wiki", "--redirect-uri", URI, "--introspection-encryption-alg", "ECDH-ES+A256KW")


def test_hs256_is_an_admins_act_with_a_warning() -> None:
    made = run_json("create", "Wiki", "--redirect-uri", URI, "--id-token-alg", "HS256")
    assert Client.objects.get().secrets.get().sealed
    shown = run_json("show", made["client_id"])
    assert shown["id_token_signed_response_alg"] == "HS256"
    assert "signed with its own secret (HS256)" in shown["warnings"][0]
    changed = run_json("update", made["client_id"], "--id-token-alg", "RS256")
    assert changed["warnings"] == []
    assert Client.objects.get().secrets.get().sealed == ""


def test_a_change_to_hs256_says_that_a_new_secret_is_needed() -> None:
    made = run_json("create", "Wiki", "--redirect-uri", URI)
    warnings = run_json("update", made["client_id"], "--userinfo-alg", "HS256")["warnings"]
    assert any("make a new one" in warning for warning in warnings)
    run("rotate-secret", made["client_id"])
    warnings = run_json("show", made["client_id"])["warnings"]
    assert not any("make a new one" in warning for warning in warnings)
