"""What the model of an app promises, and what it refuses by itself."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import ProtectedError
from django.test import override_settings

from idp.clients import metadata
from idp.grants import GRANTS
from idp.models import Client
from idp.protocol import scopes
from tests.idp.app import make_client

URI = "https://app.example/cb"


def client(**fields: Any) -> Client:
    return Client(**{"name": "Wiki", "redirect_uris": [URI], **fields})


def problems(**fields: Any) -> set[str]:
    """The fields that a client with `fields` is refused for."""
    made = client(**fields)
    found: set[str] = set()
    for check in (made.clean_fields, made.clean):
        try:
            check()
        except ValidationError as error:
            found |= set(error.message_dict)
    return found


def test_the_smallest_app_is_fine() -> None:
    assert problems() == set()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Wiki\u202e"}, "name"),
        ({"name": "Gооgle"}, "name"),
        ({"client_id": "with space"}, "client_id"),
        ({"client_id": "line\n"}, "client_id"),
        ({"client_id": "a" * 65}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"client_uri": "ftp://app.example"}, "client_uri"),
        ({"client_uri": "javascript:alert(1)"}, "client_uri"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["http://app.example"]}, "redirect_uris"),
        ({"redirect_uris": "https://app.example"}, "redirect_uris"),
        ({"redirect_uris": [URI] * 21}, "redirect_uris"),
        ({"redirect_uris": ["com.example:/cb"]}, "redirect_uris"),
        ({"post_logout_redirect_uris": ["//app.example"]}, "post_logout_redirect_uris"),
        ({"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]}, "grant_types"),
        ({"id_token_signed_response_alg": "ES256"}, "id_token_signed_response_alg"),
        ({"access_token_signed_response_alg": "EdDSA"}, "access_token_signed_response_alg"),
        ({"access_token_seconds": 0}, "access_token_seconds"),
        ({"id_token_seconds": 24 * 3600 + 1}, "id_token_seconds"),
        ({"refresh_seconds": 10**12}, "refresh_seconds"),
    ],
)
def test_an_app_is_refused(fields: dict[str, Any], field: str) -> None:
    assert problems(**fields) == {field}


def test_each_bad_address_is_named() -> None:
    with pytest.raises(ValidationError) as error:
        client(redirect_uris=[URI, "http://app.example", URI + "#x"]).clean()
    messages = error.value.message_dict["redirect_uris"]
    assert [message.split(": ")[0] for message in messages] == ["http://app.example", URI + "#x"]


def test_a_machine_needs_neither_address_nor_scope() -> None:
    assert problems(grant_types=["client_credentials"], redirect_uris=[], scopes=[]) == set()


@override_settings(KEYS_ALGORITHMS=["RS256", "ES256"])
def test_an_algorithm_may_be_chosen_once_there_are_keys_for_it() -> None:
    assert problems(id_token_signed_response_alg="ES256") == set()


def test_s_020_a_public_app_always_uses_pkce_and_rotates() -> None:
    app = client(token_endpoint_auth_method="none", require_pkce=False, rotate_refresh_tokens=False)
    app.clean()
    assert app.require_pkce
    assert app.rotate_refresh_tokens


def test_lifetimes_are_the_settings_unless_the_app_says_otherwise() -> None:
    assert client().access_token_lifetime == timedelta(minutes=10)
    assert client(access_token_seconds=60).access_token_lifetime == timedelta(minutes=1)
    assert client().refresh_idle == timedelta(days=30)
    assert client(refresh_seconds=60).refresh_lifetime == timedelta(minutes=1)


def test_client_ids_are_random_and_easy_to_type() -> None:
    assert client().client_id != client().client_id
    assert re.fullmatch(r"[0-9a-f]{32}", client().client_id)


@pytest.mark.django_db
def test_each_save_and_touch_changes_the_revision() -> None:
    app = make_client()
    seen = {app.revision}
    app.save()
    seen.add(app.revision)
    app.touch()
    app.refresh_from_db()
    seen.add(app.revision)
    assert len(seen) == 3


@pytest.mark.django_db
def test_a_save_of_some_fields_stores_the_revision_too() -> None:
    app = Client.objects.create(name="App", redirect_uris=["https://app.example/cb"])
    before = app.revision
    Client.objects.update_or_create(pk=app.pk, defaults={"name": "Renamed"})
    assert Client.objects.get(pk=app.pk).revision != before


@pytest.mark.django_db
@pytest.mark.parametrize("side", ["app", "group"])
def test_a_change_of_groups_changes_the_revision_from_either_side(side: str) -> None:
    app, group = make_client(), Group.objects.create(name="staff")
    before = app.revision
    if side == "app":
        app.groups.add(group)
    else:
        group.clients.add(app)
    app.refresh_from_db()
    assert app.revision != before


@pytest.mark.django_db
def test_s_032_a_group_that_an_app_is_limited_to_can_not_be_deleted() -> None:
    """The app would be open to everybody."""
    group = Group.objects.create(name="staff")
    app = make_client()
    app.groups.set([group])
    with pytest.raises(ProtectedError):
        group.delete()
    app.delete()
    group.delete()


def test_the_model_the_grants_and_the_metadata_agree_on_the_grant_types() -> None:
    assert set(Client.GrantType.values) == {*GRANTS, "implicit"}  # which needs no token endpoint


def test_the_defaults_of_form_and_metadata_are_known_scopes_and_grant_types() -> None:
    assert set(client().scopes) <= set(scopes.KNOWN)
    assert set(client().grant_types) <= set(GRANTS)


def test_every_field_of_the_wire_is_one_of_the_model() -> None:
    names = {field.name for field in Client._meta.get_fields()}
    for field in (metadata.STANDARD | metadata.EXTENSIONS).values():
        assert field.attribute in names


@pytest.mark.django_db
def test_r_11_a_node_of_the_version_before_still_registers_apps() -> None:
    """It knows nothing of columns that came later: the database has their defaults."""
    before = (
        MigrationLoader(connection).project_state(("idp", "0001_initial")).apps.get_model("idp", "Client")
    )
    before.objects.create(client_id="old", name="Old", redirect_uris=["https://old.example/cb"])
    client = Client.objects.get(client_id="old")
    assert (client.subject_type, client.sector, client.encryption_of("id_token")) == ("public", None, None)
    client.full_clean()
