import zoneinfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from accounts import validators
from accounts.models import User
from accounts.names import canonical, validate_canonical_email, validate_username
from tests.factories import make_user


@given(st.text(max_size=40))
def test_the_canonical_form_is_its_own_canonical_form(value: str) -> None:
    assert canonical(canonical(value)) == canonical(value)


@given(st.text(max_size=40))
def test_no_text_breaks_the_judgement_of_a_user_name(value: str) -> None:
    try:
        validate_username(value)
    except ValidationError:
        return
    assert canonical(value)


@pytest.mark.parametrize(
    "typed", ["alice", "ALICE", " Alice ", "Ａｌｉｃｅ", "ALICE@EXAMPLE.COM", "alice@example.com"]
)
def test_a_person_is_found_however_the_name_is_typed(db: None, typed: str) -> None:
    alice = make_user("Alice")
    assert User.objects.find(typed) == alice


@pytest.mark.parametrize("typed", ["", " ", "\0", "alice\0", "bob", "bob@example.com", "@", "%", "*"])
def test_nobody_is_found(db: None, typed: str) -> None:
    make_user("Alice")
    assert User.objects.find(typed) is None


@pytest.mark.parametrize(
    "name",
    [
        "al\u0456ce",  # a Cyrillic i among Latin letters
        "аdmin",  # a Cyrillic a
        "alice\u202egpj",  # right-to-left override
        "ali\u200bce",  # zero-width space
        "ali ce",
        "alice@example.com",  # would be taken for an address
        "alice\n",
        "ali\0ce",
        "-alice",
        "<b>",
        "",
        "a" * 65,
    ],
)
def test_s_085_a_user_name_that_could_deceive_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_username(name)


@pytest.mark.parametrize(
    "name", ["alice", "Jürgen", "алиса", "愛麗絲", "さくら桜", "김철수", "a.b-c_d+e", "2fast", "नमस्ते"]
)
def test_names_of_one_script_are_welcome(name: str) -> None:
    validate_username(name)


@pytest.mark.parametrize(
    "address",
    ["alice", "alice@", "@example.com", "a@b@c", "alice@ex\u0430mple.com", "a" * 255 + "@example.com"],
)
def test_s_085_an_address_that_could_deceive_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        validate_canonical_email(address)


def test_s_085_two_people_never_share_a_canonical_name(db: None) -> None:
    make_user("Alice", email="")
    with pytest.raises(IntegrityError):
        make_user("ＡLICE", email="")


def test_two_people_never_share_an_address(db: None) -> None:
    make_user("alice", email="Alice@Example.com")
    with pytest.raises(IntegrityError):
        make_user("bob", email="alice@example.COM")


def test_any_number_of_people_have_no_address(db: None) -> None:
    assert {make_user("alice", email="").email, make_user("bob", email="").email} == {""}


def test_the_display_form_is_kept(db: None) -> None:
    alice = make_user("Alice")
    assert (alice.username, alice.username_display) == ("alice", "Alice")


def test_s_085_a_taken_name_is_refused_by_the_form_in_any_form(db: None) -> None:
    make_user("alice")
    with pytest.raises(ValidationError, match="already"):
        User(username="ALICE").full_clean(exclude=["password"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Alice\u202e"),
        ("name", "Alice\nBob"),
        ("website", "javascript:alert(1)"),
        ("picture", "ftp://example.com/a.png"),
        ("zoneinfo", "../../etc/passwd"),
        ("zoneinfo", "Europe/Nowhere"),
        ("locale", "en_US.UTF-8"),
        ("birthdate", "31.12.1990"),
        ("phone_number", "030 901820"),
        ("address", {"planet": "Earth"}),
        ("address", {"country": 49}),
        ("address", ["Berlin"]),
    ],
)
def test_particulars_have_the_forms_of_the_specification(db: None, field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        User(username="alice", **{field: value}).full_clean(exclude=["password"])
    assert set(refusal.value.message_dict) == {field}


def test_good_particulars_pass(db: None) -> None:
    User(
        username="alice",
        name="Alice Liddell",
        website="https://example.com",
        zoneinfo="Europe/Berlin",
        locale="en-GB",
        birthdate="1852",
        phone_number="+44 1865 270000",
        address={"country": "UK"},
    ).full_clean(exclude=["password"])


def test_the_names_of_time_zones_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reading opens some six hundred files."""
    readings = []
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: readings.append(1) or {"Europe/Berlin"})
    validators.time_zones.cache_clear()
    try:
        for _ in range(3):
            validators.time_zone("Europe/Berlin")
    finally:
        validators.time_zones.cache_clear()
    assert readings == [1]
