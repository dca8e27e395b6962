"""R-03: after a failover the old database may still be read, and refuses what is written."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from tests.idp.app import App, make_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(signing_keys: None) -> App:
    made = App(make_client())
    made.sign_in()
    return made


@pytest.fixture
def read_only(app: App) -> Iterator[None]:
    is_postgres = connection.vendor == "postgresql"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL transaction_read_only = on" if is_postgres else "PRAGMA query_only = ON"
            )
        yield
        transaction.set_rollback(True)
    if not is_postgres:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF")


def test_r_03_a_page_that_would_write_is_503(app: App, read_only: None) -> None:
    answer = app.authorize()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_r_03_a_program_is_told_to_try_again(app: App, read_only: None) -> None:
    answer = app.post("/oauth2/par", app.request())
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"error": "temporarily_unavailable"}
