"""/.well-known/jwks.json: what it holds, how long it may be kept, and for whom."""

import json
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from keys import jwks, rotation
from keys.models import SigningKey
from keys.ring import forget

from .conftest import DAY, HOUR, START

pytestmark = pytest.mark.django_db
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.fixture(autouse=True)
def stopped_clock() -> object:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def answer(method: str = "GET", **headers: str) -> tuple[str, dict[str, str], bytes]:
    status, found, body = jwks.answer({"REQUEST_METHOD": method, **headers})
    assert len(found) == len(dict(found))
    return status, dict(found), body


def test_it_is_json_with_kid_alg_and_use_in_every_key(settings: Settings) -> None:
    """INTEROP 12."""
    settings.KEYS_ALGORITHMS = ["RS256", "ES256", "EdDSA", "PS256"]
    status, headers, body = answer()
    assert (status, headers["Content-Type"]) == ("200 OK", "application/json")
    keys = json.loads(body)["keys"]
    assert sorted(key["alg"] for key in keys) == ["ES256", "EdDSA", "PS256", "RS256"]
    for key in keys:
        assert {"kty", "kid", "alg", "use"} <= key.keys()
        assert key["use"] == "sig"
        assert not PRIVATE_MEMBERS & key.keys()


def test_it_holds_what_may_sign_now_or_soon_or_has_just_signed() -> None:
    first = rotation.ensure_schedule(START)[0]
    second = rotation.rotate("RS256", START)
    moments = [START, second.signs_from, second.signs_from + DAY + HOUR]
    found = [[key["kid"] for key in json.loads(jwks.document(at).body)["keys"]] for at in moments]
    assert found == [[first.kid, second.kid], [second.kid, first.kid], [second.kid]]


def test_s_142_a_revoked_key_leaves_it_at_once() -> None:
    first = rotation.ensure_schedule(START)[0]
    rotation.revoke(first.kid, START)
    assert first.kid.encode() not in jwks.document(START).body


@pytest.mark.parametrize(
    ("before_the_change", "seconds"),
    [(2 * HOUR, 3600), (HOUR, 3600), (timedelta(minutes=10), 600), (timedelta(seconds=3), 3)],
)
def test_it_may_be_cached_up_to_its_next_change(before_the_change: timedelta, seconds: int) -> None:
    [key] = rotation.ensure_schedule(START)
    next_change = key.signs_until - 7 * DAY
    cache_control = jwks.document(next_change - before_the_change).cache_control
    assert cache_control == f"public, max-age={seconds}, stale-if-error=86400"


def test_a_key_that_leaves_is_a_change_too() -> None:
    first = rotation.ensure_schedule(START)[0]
    rotation.rotate("RS256", START)
    leaves = SigningKey.objects.get(pk=first.pk).verifies_until
    assert "max-age=60," in jwks.document(leaves - timedelta(seconds=60)).cache_control


def test_the_bytes_are_made_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first = jwks.document(START)
    with django_assert_num_queries(0):
        assert jwks.document(START).body is first.body


def test_every_node_gives_the_same_etag_and_every_change_another() -> None:
    etag = jwks.document(START).etag
    forget()
    assert jwks.document(START).etag == etag
    rotation.rotate("RS256", START)
    forget()
    assert jwks.document(START).etag != etag


@pytest.mark.parametrize("form", ["{0}", "W/{0}", '"other", {0}', '"other",W/{0} , "third"', "*"])
def test_who_has_it_already_gets_304(form: str) -> None:
    etag = answer()[1]["ETag"]
    status, headers, body = answer(HTTP_IF_NONE_MATCH=form.format(etag))
    assert (status, body, headers["ETag"]) == ("304 Not Modified", b"", etag)
    assert headers["Cache-Control"]
    assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("value", ["", '"other"', "W/", "rubbish", '"'])
def test_who_has_another_gets_it_all(value: str) -> None:
    assert answer(HTTP_IF_NONE_MATCH=value)[0] == "200 OK"


def test_head_says_what_get_would_without_the_body() -> None:
    got, asked = answer(), answer("HEAD")
    assert asked[:2] == got[:2]
    assert asked[2] == b""
    assert asked[1]["Content-Length"] == str(len(got[2]))


def test_any_site_may_read_it() -> None:
    """INTEROP 5: preflight and answers, errors too; and never with credentials."""
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        headers = answer(method)[1]
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in headers
    status, headers, body = answer("OPTIONS")
    assert (status, body) == ("204 No Content", b"")
    assert "GET" in headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "INVENTED", "get"])
def test_other_methods_are_refused_with_what_is_allowed(method: str) -> None:
    status, headers, _ = answer(method)
    assert (status, headers["Allow"]) == ("405 Method Not Allowed", "GET, HEAD, OPTIONS")


def test_without_database_and_ring_it_asks_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(now: datetime) -> None:
        raise OperationalError

    monkeypatch.setattr("keys.ring._rows", away)
    status, headers, body = answer()
    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "5")
    assert json.loads(body) == {"error": "temporarily_unavailable"}


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/jwks"])
@pytest.mark.parametrize("method", ["get", "head", "options", "post"])
def test_within_django_it_is_the_same_answer(client: Client, method: str, path: str) -> None:
    status, headers, body = answer(method.upper())
    response = getattr(client, method)(path)
    assert (response.status_code, response.content) == (int(status[:3]), body)
    assert {name: response[name] for name in headers} == headers
    assert "Set-Cookie" not in response
