"""IDP_SECRET_KEY is replaced, and then the one before is taken away: what was shown meanwhile goes on opening."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from idp.clients import registration, registration_tokens, registry, scim_tokens
from idp.models import Client, RegistrationToken, ScimToken
from idp.protocol.secrets import digest
from tests.idp.app import App, make_client

pytestmark = pytest.mark.django_db
OLD, NEW = (
    "the key before, of more than fifty characters, all random",
    "another, of more than fifty characters too",
)
Shown = Callable[[], bool]  # shows it once more; whether it opened


@pytest.fixture(autouse=True)
def old_key(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
    settings.REGISTRATION = "token"


def secret_of_an_app() -> Shown:
    client = make_client(grant_types=["client_credentials"], scopes=["read"], redirect_uris=[])
    app = App(client, consented="")
    return lambda: app.token(grant_type="client_credentials").status_code == 200


def registration_access_token() -> Shown:
    token = "a random one, of an app that registered itself"
    client = make_client(self_registered=True, registration_digest=digest(token, registration.PURPOSE))
    path, proof = f"/oauth2/register/{client.client_id}", {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    return lambda: Browser().get(path, **proof).status_code == 200


def initial_access_token() -> Shown:
    now = timezone.now()
    token = RegistrationToken(note="x", uses=9, expires_at=now + timedelta(days=1))
    proof = {"HTTP_AUTHORIZATION": f"Bearer {registration_tokens.seal(token, now=now)}"}
    document = {"redirect_uris": ["https://app.example/callback"]}
    return lambda: (
        Browser().post("/oauth2/register", document, "application/json", **proof).status_code == 201
    )


def provisioning_token() -> Shown:
    now = timezone.now()
    token = ScimToken(client="entra", expires_at=now + timedelta(days=1))
    proof = {"HTTP_AUTHORIZATION": f"Bearer {scim_tokens.seal(token, now=now)}"}
    return lambda: Browser().get("/scim/v2/Users", **proof).status_code == 200


EVERY = pytest.mark.parametrize(
    "make", [secret_of_an_app, registration_access_token, initial_access_token, provisioning_token]
)


@EVERY
@pytest.mark.usefixtures("signing_keys")
def test_what_was_shown_while_both_keys_were_there_needs_the_old_one_no_more(
    make: Callable[[], Shown], settings: Any
) -> None:
    opens = make()
    assert opens()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert opens()
    assert opens()
    settings.SECRET_KEY_FALLBACKS = []
    assert opens()


@EVERY
@pytest.mark.usefixtures("signing_keys")
def test_what_was_not_shown_ends_with_the_old_key(make: Callable[[], Shown], settings: Any) -> None:
    opens = make()
    settings.SECRET_KEY = NEW
    assert not opens()


@pytest.mark.usefixtures("signing_keys")
def test_a_secret_is_kept_anew_once_and_every_process_hears_of_it(
    settings: Any, django_assert_num_queries: Any
) -> None:
    opens = secret_of_an_app()
    assert opens()
    with django_assert_num_queries(1):  # the look at the app
        assert opens()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    before = Client.objects.get().revision
    assert opens()
    assert Client.objects.get().revision != before
    known = registry.find(Client.objects.get().client_id)
    assert known is not None
    assert [secret.digest for secret in known.known_secrets] == [
        secret.digest for secret in Client.objects.get().secrets.all()
    ]
    with django_assert_num_queries(1):
        assert opens()


@pytest.mark.usefixtures("signing_keys")
def test_a_wrong_secret_changes_nothing(settings: Any) -> None:
    client = make_client(grant_types=["client_credentials"], scopes=["read"], redirect_uris=[])
    app = App(client, consented="")
    kept = client.secrets.get().digest
    app.secret = "wrong"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert app.token(grant_type="client_credentials").status_code == 401
    assert client.secrets.get().digest == kept
