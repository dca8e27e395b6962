"""How an app's keys come in (metadata, command, admin), and what is refused; sealed secrets under a new key."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from idp.clients import metadata, secrets
from idp.clients.risks import risks
from idp.models import Client, ClientSecret
from idp.outbound import check_address
from idp.protocol.errors import InvalidClientMetadata
from keys import rotation, sealing
from tests.factories import make_admin, sign_in
from tests.idp.app import CALLBACK, make_client
from tests.idp.signing_app import as_text, key_set, make_signing_client, public

SIGNS = {"token_endpoint_auth_method": "private_key_jwt"}


def read(**document: Any) -> Client:
    return metadata.read({"redirect_uris": [CALLBACK], **document}).client


def test_keys_or_their_address_are_registered() -> None:
    assert read(**SIGNS, jwks=key_set()).jwks == key_set()
    assert read(**SIGNS, jwks_uri="https://app.example/jwks").jwks_uri == "https://app.example/jwks"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**SIGNS}, "needs the app's public keys"),
        ({**SIGNS, "jwks": key_set(), "jwks_uri": "https://app.example/jwks"}, "not both"),
        ({"jwks": {"keys": [{**public(), "d": "AA"}]}}, "public keys only"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}, "public keys only"),
        ({"jwks": []}, "JSON object"),
        ({"jwks": {"keys": []}}, "at least one"),
        ({"jwks": {"keys": [{"a": "x" * 40000}]}}, "at most"),
        ({"jwks_uri": "http://app.example/jwks"}, "https"),
        ({"jwks_uri": 1}, "string"),
        ({"token_endpoint_auth_signing_alg": "none"}, "one of"),
        ({**SIGNS, "jwks": key_set(), "token_endpoint_auth_signing_alg": "HS256"}, "does not go with"),
        ({"token_endpoint_auth_signing_alg": "ES256"}, "does not go with"),
        ({"request_object_signing_alg": "none"}, "one of"),
        ({"request_object_signing_alg": "ES256"}, "Signed requests need"),
        ({"require_signed_request_object": True}, "Signed requests need"),
        ({"request_uris": ["https://app.example/r"]}, "Signed requests need"),
        ({"jwks": key_set(), "request_uris": ["http://app.example/r"]}, "https"),
    ],
)
def test_s_121_what_does_not_fit_is_refused(document: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidClientMetadata) as refused:
        metadata.read({"redirect_uris": [CALLBACK], **document}, trusted=True)
    assert words in refused.value.description


@pytest.mark.django_db
def test_s_071_where_the_server_fetches_is_no_wish_of_the_apps() -> None:
    document = {"redirect_uris": [CALLBACK], "jwks": key_set(), "request_uris": ["https://app.example/r"]}
    assert metadata.read(document).client.request_uris == []
    by_admin = metadata.read(document, trusted=True).client
    assert by_admin.request_uris == ["https://app.example/r"]
    assert any("fetch" in risk for risk in risks(make_saved(by_admin), timezone.now()))


def make_saved(client: Client) -> Client:
    client.save()
    return client


def test_s_055_the_exception_is_no_wish_of_the_apps() -> None:
    assert not read(signet_lenient_assertions=True).lenient_assertions


@pytest.mark.django_db
def test_what_was_written_reads_back_and_no_secret_is_made() -> None:
    registration = metadata.read(
        {
            "redirect_uris": [CALLBACK],
            **SIGNS,
            "jwks": key_set(),
            "require_pushed_authorization_requests": True,
        }
    )
    assert registration.create(timezone.now()) == ""
    written = metadata.as_response(registration.client)
    assert written["jwks"] == key_set()
    assert written["require_pushed_authorization_requests"] is True
    assert metadata.read(written).client.jwks == key_set()


# The address of keys, and of whatever else the server fetches.


@pytest.mark.parametrize("url", ["https://app.example/jwks", "https://app.example:8443/a?b=c"])
def test_s_070_an_address_that_may_be_fetched_from(url: str) -> None:
    check_address(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            None,
            1,
            "",
            "x",
            "http://app.example/",
            "ftp://app.example/",
            "file:///etc/passwd",
            "https://",
            "https:///a",
        ),
        *(
            "https://u@app.example/",
            "https://u:p@app.example/",
            "https://app.example/#a",
            "https://app.example/ a",
        ),
        *("https://[x]/", "https://é.example/", "https://app.example/" + "a" * 2048),
    ],
    ids=str,
)
def test_s_070_an_address_that_may_not(url: object) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        check_address(url)


def test_s_070_plain_http_is_for_operators_with_networks_of_their_own(settings: Any) -> None:
    settings.FETCH_NETWORKS = ["10.0.0.0/8"]
    check_address("http://app.internal/jwks")


# The command.


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    call_command("client", *arguments, "--json")
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return shown


@pytest.mark.django_db
def test_the_command_takes_keys_from_a_file_or_by_their_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(as_text(key_set()))
    create = (
        "create",
        "Wiki",
        "--client-id",
        "wiki",
        "--redirect-uri",
        CALLBACK,
        "--auth-method",
        "private_key_jwt",
    )
    made = run(*create, "--jwks-file", str(file), capsys=capsys)
    assert made["jwks"] == key_set()
    assert "client_secret" not in made
    moved = run("update", "wiki", "--jwks-uri", "https://app.example/jwks", capsys=capsys)
    assert (moved["jwks_uri"], "jwks" in moved) == ("https://app.example/jwks", False)
    back = run("update", "wiki", "--jwks-file", str(file), capsys=capsys)
    assert (back["jwks"], "jwks_uri" in back) == (key_set(), False)
    with pytest.raises(CommandError, match="without a secret"):
        call_command("client", "rotate-secret", "wiki")


@pytest.mark.django_db
def test_an_app_that_comes_to_sign_with_its_key_keeps_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    client = make_client(client_id="wiki")
    secrets.issue(client, timezone.now())
    update = ("update", "wiki", "--auth-method", "private_key_jwt", "--jwks-uri", "https://app.example/jwks")
    run(*update, capsys=capsys)
    assert not ClientSecret.objects.exists()


# The admin.


@pytest.fixture
def admin() -> Browser:
    browser = Browser()
    sign_in(browser, make_admin())
    return browser


def form_of(admin: Browser, path: str) -> dict[str, Any]:
    """As a browser would send the page back."""
    form = admin.get(path).context["adminform"].form
    sent = {}
    for name in form.fields:
        value = form[name].value()
        if value is True:
            sent[name] = "on"
        elif value not in (None, False):
            sent[name] = json.dumps(value) if isinstance(value, dict) else value
    for name in ("redirect_uris", "post_logout_redirect_uris", "request_uris", "contacts", "audiences"):
        sent[name] = "\n".join(form.initial.get(name) or []) if name in form.initial else ""
    return sent


@pytest.mark.django_db
def test_the_admin_changes_an_apps_keys_and_says_what_is_wrong_with_them(admin: Browser) -> None:
    client = make_signing_client()
    path = f"/{configured.ADMIN_PATH}/idp/client/{client.pk}/change/"
    page = admin.get(path)
    assert "private_key_jwt" in page.content.decode()
    form = form_of(admin, path)
    wrong = admin.post(path, {**form, "jwks": json.dumps({"keys": [{**public(), "d": "AA"}]})})
    assert "public keys only" in str(wrong.context["adminform"].form.errors["jwks"])
    saved = admin.post(path, {**form, "jwks": "", "jwks_uri": "https://app.example/jwks"})
    assert saved.status_code == 302, saved.context["adminform"].form.errors
    client.refresh_from_db()
    assert (client.jwks, client.jwks_uri) == (None, "https://app.example/jwks")


@pytest.mark.django_db
def test_no_secret_is_offered_for_an_app_that_signs_with_its_key(admin: Browser) -> None:
    client = make_signing_client()
    assert admin.get(f"/{configured.ADMIN_PATH}/idp/client/{client.pk}/secret/new/").status_code == 404


# At rest.


@pytest.mark.django_db
def test_s_140_sealed_secrets_follow_a_new_encryption_key(settings: Any) -> None:
    client = make_client(token_endpoint_auth_method="client_secret_jwt")
    value = secrets.issue(client, timezone.now())
    old = settings.KEYS_ENCRYPTION_KEYS
    settings.KEYS_ENCRYPTION_KEYS = {"9": base64.b64decode("B" * 43 + "="), **old}
    assert (rotation.rewrap(), rotation.rewrap()) == (1, 0)
    settings.KEYS_ENCRYPTION_KEYS = {"9": base64.b64decode("B" * 43 + "=")}
    kept = ClientSecret.objects.get().sealed
    assert sealing.open_sealed(kept, context=f"client-secret:{client.client_id}") == value.encode()


@pytest.mark.django_db
def test_s_140_a_sealed_secret_opens_for_its_own_app_only() -> None:
    client = make_client(token_endpoint_auth_method="client_secret_jwt")
    secrets.issue(client, timezone.now())
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(ClientSecret.objects.get().sealed, context="client-secret:another")
