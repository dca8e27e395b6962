"""/keys: the schedule for people, drawn and as a table."""

import re
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from keys import rotation
from keys.models import SigningKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> str:
    rotation.ensure_schedule(timezone.now())
    rotation.rotate("RS256", timezone.now())
    response = client.get("/keys")
    assert response.status_code == 200
    return response.content.decode()


def test_it_shows_each_key_what_it_does_and_why(page: str) -> None:
    for key in SigningKey.objects.all():
        assert page.count(key.short_kid) >= 3  # drawn, told to screen readers, and in the table
    assert "Signs every new RS256 token until" in page
    assert "Signs nothing yet" in page


def test_every_drawing_has_a_name_and_a_description(page: str) -> None:
    drawings = [
        ElementTree.fromstring(svg) for svg in re.findall(r"<svg role=\"img\".*?</svg>", page, re.DOTALL)
    ]
    assert len(drawings) == len(re.findall(r'<div class="line">', page)) >= 3
    ids = [drawing.attrib["aria-labelledby"] for drawing in drawings]
    assert len(set(ids)) == len(ids)
    for drawing in drawings:
        named = {element.attrib.get("id"): element.text for element in drawing}
        assert all(named[name] for name in drawing.attrib["aria-labelledby"].split())


def test_it_says_how_long_apps_may_cache(page: str) -> None:
    assert "1 hour" in page
    assert "7 days" in page


def test_it_needs_nothing_that_the_content_policy_forbids(page: str) -> None:
    main = page[page.index("<main") : page.index("</main>")]
    assert not re.search(r"<style|style=|<script|\son\w+=", main)


def test_s_140_it_shows_no_secret(page: str) -> None:
    for key in SigningKey.objects.all():
        assert key.sealed not in page
    assert not re.search(r'"(d|p|q|dp|dq|qi)"', page)


def test_it_is_only_read(client: Client) -> None:
    assert client.post("/keys").status_code == 405


def test_the_same_for_programs_and_nothing_that_is_not_public(client: Client, db: None) -> None:
    page = client.get("/keys.json").json()
    jwks = client.get("/.well-known/jwks.json").json()
    assert {key["kid"] for key in jwks["keys"]} <= {key["kid"] for key in page["keys"]}
    for key in page["keys"]:
        assert set(key) == {
            "kid", "alg", "state", "why", "published_at", "signs_from", "signs_until", "public_until", "revoked_at",
        }  # fmt: skip
