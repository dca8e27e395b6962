"""Every field that we serve has its line of meaning, so that a new one cannot come without."""

import pytest
from django.test import Client as Browser

from idp.claims import SOURCES
from idp.endpoints.discovery import _CLAIMS, metadata
from idp.playground.meanings import CLAIMS, HEADER, as_json, scope_of
from idp.playground.metadata_words import WORDS, specifications


@pytest.mark.parametrize("registration", ["closed", "open"])
def test_each_member_of_discovery_has_a_line(settings, registration: str):
    settings.REGISTRATION, settings.SESSION_MANAGEMENT = registration, registration == "open"
    assert set(metadata()) <= set(WORDS)


def test_no_line_is_about_what_we_do_not_serve(settings):
    settings.REGISTRATION, settings.SESSION_MANAGEMENT = "open", True
    assert set(WORDS) <= set(metadata())


def test_each_claim_has_a_meaning_and_a_source():
    assert {*SOURCES, *_CLAIMS, "jti", "client_id", "scope", "cnf"} <= set(CLAIMS)
    for meaning in [*HEADER.values(), *CLAIMS.values()]:
        assert meaning.text.endswith(".")
        assert meaning.source
    assert as_json()["claims"]["email"][1] == "the scope email"


def test_a_claim_comes_from_a_scope_that_was_granted():
    assert scope_of("groups") == "groups"
    assert scope_of("email", ("openid", "profile")) == ""


def test_registration_is_on_only_where_it_is_open(settings):
    for switch, on in (("closed", False), ("token", True)):
        settings.REGISTRATION = switch
        assert [spec.on for spec in specifications() if spec.name == "RFC 7591"] == [on]


@pytest.mark.django_db
def test_the_page_for_developers_shows_every_member_and_its_value():
    text = Browser().get("/developers").content.decode()
    for name, value in metadata().items():
        assert f"<code>{name}</code>" in text
        if isinstance(value, str):
            assert value in text


@pytest.mark.django_db
@pytest.mark.parametrize("switch", ["on", "off"])
def test_the_page_leads_to_the_playground_only_where_that_is_open(settings, switch: str):
    settings.PLAYGROUND = switch
    for path in ("/developers", "/learn"):
        assert ('href="/playground"' in Browser().get(path).content.decode()) is (switch == "on")
