"""People of other systems: their passwords work as before, and become Argon2id at the first sign-in."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import groups
from accounts.importing import READERS, hashes, simple_yaml
from accounts.importing.incoming import Unreadable
from accounts.models import Attribute, AuditEvent, Session, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent / "samples"
FILES = {
    "keycloak": "keycloak-realm.json", "authelia": "authelia-users.yml", "pocket-id": "pocket-id-database.json",
    "django": "django-fixture.json",
}  # fmt: skip


@pytest.fixture
def people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Any]:
    """`people("keycloak")` imports the sample, `people("csv", "text")` a text; the answer."""

    def run(source: str, content: str | bytes = b"", *options: str) -> Any:
        path = tmp_path / "file"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        name = str(path) if content else str(SAMPLES / FILES[source])
        call_command("people", "import", "--from", source, name, "--json", *options)
        return json.loads(capsys.readouterr().out)

    return run


def notes(answer: Any) -> dict[str, str]:
    return {
        each["username"]: "; ".join([each["why"], *each["notes"]]).strip("; ") for each in answer["people"]
    }


def sign_in(username: str, password: str = PASSWORD) -> bool:
    browser = Client()
    browser.post("/login", {"username": username, "password": password})
    return Session.objects.filter(user__username=username).exists()


@pytest.mark.parametrize("source", FILES)
def test_a_dry_run_lists_what_would_happen_and_does_nothing(people: Callable, source: str) -> None:
    answer = people(source, b"", "--dry-run")
    assert answer["dry_run"] is True
    assert answer["add"] == len(answer["people"]) > 0
    assert not User.objects.exists()
    assert not groups.ordinary().exists()
    assert people(source)["added"] == answer["add"]


@pytest.mark.parametrize("source", FILES)
def test_an_import_can_be_run_again(people: Callable, source: str) -> None:
    first = people(source)
    again = people(source)
    assert (again["add"], again["skip"], again["added"]) == (0, first["add"], 0)
    assert User.objects.count() == first["add"]


class TestKeycloak:
    def test_people_keep_their_subject_address_and_state(self, people: Callable) -> None:
        people("keycloak")
        ada = User.objects.get(username="ada")
        assert ada.sub == "2ff4b4d0-fd72-4c6e-9684-02ab337687c2"
        assert (ada.email, ada.email_verified, ada.email_verified_by) == ("ada@example.com", True, "import")
        assert (ada.get_full_name(), ada.locale) == ("Ada Lovelace", "en")
        alan = User.objects.get(username="alan")
        assert (alan.is_active, alan.email_verified, alan.must_change_password) == (False, False, True)
        assert not User.objects.filter(username__startswith="service-account").exists()
        assert AuditEvent.objects.filter(type="user.created", detail__imported="keycloak").count() == 5

    def test_groups_come_nested_and_two_of_a_name_apart(self, people: Callable) -> None:
        answer = people("keycloak")
        assert answer["new_groups"] == [
            "company",
            "company/engineering/ops",
            "company/sales/ops",
            "engineering",
            "sales",
        ]
        assert groups.names(User.objects.get(username="ada")) == [
            "company",
            "company/engineering/ops",
            "engineering",
        ]

    def test_what_stays_behind_is_told(self, people: Callable) -> None:
        told = notes(people("keycloak", b"", "--dry-run"))
        assert "a second factor (otp) stays behind" in told["ada"]
        assert "attribute team is not declared here" in told["ada"]
        assert "another provider" in told["fed"]
        assert "scram-sha-9 is not known" in told["odd"]

    def test_declared_attributes_come_along(self, people: Callable) -> None:
        Attribute.objects.create(name="team", label="Team", type="list")
        Attribute.objects.create(name="shoe_size", label="Shoes", type="boolean")
        people("keycloak")
        assert User.objects.get(username="ada").attributes["team"] == ["web", "data"]


@pytest.mark.parametrize(
    ("source", "username", "algorithm"),
    [
        ("keycloak", "ada", "raw_sha256"),
        ("keycloak", "alan", "raw_sha512"),
        ("keycloak", "grace", "argon2"),
        ("authelia", "ada", "argon2"),
        ("authelia", "alan", "crypt_sha512"),
        ("authelia", "grace", "raw_sha512"),
        ("authelia", "kurt", "bcrypt"),
        ("authelia", "margaret", "raw_scrypt"),
        ("django", "ada", "pbkdf2_sha256"),
    ],
)
def test_s_100_a_password_works_as_before_and_becomes_argon2id(
    people: Callable, source: str, username: str, algorithm: str
) -> None:
    people(source)
    User.objects.update(is_active=True, must_change_password=False)
    user = User.objects.get(username=username)
    assert identify_hasher(user.password).algorithm == algorithm
    assert len(user.password) <= 128
    before = user.password
    assert not sign_in(username, "wrong")
    user.refresh_from_db()
    assert user.password == before
    assert sign_in(username)
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert user.check_password(PASSWORD)


class TestAuthelia:
    def test_particulars_and_groups(self, people: Callable) -> None:
        Attribute.objects.create(name="team", label="Team")
        people("authelia")
        ada, alan = User.objects.get(username="ada"), User.objects.get(username="alan")
        assert (ada.name, ada.given_name, ada.zoneinfo) == ("Ada Lovelace", "Ada", "Europe/London")
        assert (ada.address, ada.attributes) == ({"locality": "London", "country": "GB"}, {"team": "web"})
        assert groups.names(ada) == ["admins", "dev"]
        assert (alan.name, alan.is_active, groups.names(alan)) == (
            "Alan 'Al' Turing",
            False,
            ["dev", "night shift"],
        )
        assert not ada.email_verified

    def test_a_hash_that_nobody_checks_here_is_told(self, people: Callable) -> None:
        assert "the password stays behind" in notes(people("authelia"))["barbara"]
        assert not User.objects.get(username="barbara").has_usable_password()

    def test_json_does_too(self, people: Callable) -> None:
        people("authelia", json.dumps({"users": {"ada": {"displayname": "Ada", "password": "x"}}}))
        assert User.objects.get().name == "Ada"


class TestPocketId:
    @pytest.mark.parametrize("zipped", [False, True])
    def test_people_come_with_subject_groups_and_claims(self, people: Callable, zipped: bool) -> None:
        Attribute.objects.create(name="team", label="Team")
        data = (SAMPLES / FILES["pocket-id"]).read_bytes()
        if zipped:
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("database.json", data)
            data = file.getvalue()
        told = notes(people("pocket-id", data))
        ada = User.objects.get(username="ada")
        assert ada.sub == "f4b89dc2-62fb-46bf-9f5f-c34f4eafe93e"
        assert (groups.names(ada), ada.attributes) == (["developers"], {"team": "web"})
        assert (ada.is_staff, ada.is_superuser) == (False, False)
        assert "passkeys stay behind" in told["ada"]
        assert "was an admin there" in told["ada"]
        assert not User.objects.get(username="alan").is_active


class TestDjango:
    def test_nobody_becomes_an_admin(self, people: Callable) -> None:
        told = notes(people("django"))
        ada = User.objects.get(username="ada")
        assert (ada.is_staff, ada.is_superuser, groups.names(ada)) == (False, False, ["editors"])
        assert "was an admin there" in told["ada"]
        assert "the password stays behind" in told["grace"]
        assert not User.objects.get(username="alan").has_usable_password()

    def test_its_table_as_csv(self, people: Callable) -> None:
        fixture = json.loads((SAMPLES / FILES["django"]).read_text())
        password = fixture[1]["fields"]["password"]
        header = (
            "id,password,last_login,is_superuser,username,first_name,"
            "last_name,email,is_staff,is_active,date_joined"
        )
        people(
            "csv",
            f"{header}\n1,{password},,t,ada,Ada,Lovelace,ada@example.com,t,t,2020\n2,!x,,f,alan,,,,f,f,2020\n",
        )
        assert User.objects.get(username="ada").check_password(PASSWORD)
        assert (User.objects.get(username="alan").is_active, User.objects.filter(is_staff=True).count()) == (
            False,
            0,
        )


class TestCsv:
    def test_columns(self, people: Callable) -> None:
        Attribute.objects.create(name="level", label="Level", type="number")
        text = (
            "username,email,email_verified,groups,sub,attribute.level,must_change_password\n"
            "ada,ada@example.com,yes,a|b,2ff4b4d0-fd72-4c6e-9684-02ab337687c2,3,1\n"
        )
        people("csv", text)
        ada = User.objects.get()
        assert (ada.sub, ada.email_verified, ada.attributes, ada.must_change_password) == (
            "2ff4b4d0-fd72-4c6e-9684-02ab337687c2", True, {"level": 3}, True,
        )  # fmt: skip
        assert groups.names(ada) == ["a", "b"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("row", "why"),
        [
            ("a b,a@example.com,", "user name"),
            ("ada,no address,", "email"),
            ("ada,a@example.com,Signet viewer", "is a role here"),
            ("ada,a@example.com," + "x" * 151, "too long"),
            ("x\u202ey,a@example.com,", "user name"),
        ],
    )
    def test_somebody_who_cannot_be_added_keeps_the_others_out_too(
        self, people: Callable, capsys: pytest.CaptureFixture[str], row: str, why: str
    ) -> None:
        text = f"username,email,groups\nbob,bob@example.com,\n{row}\n"
        with pytest.raises(CommandError, match="Nobody was added"):
            people("csv", text)
        assert why in json.loads(capsys.readouterr().out)["people"][1]["why"]
        assert not User.objects.exists()
        assert people("csv", text, "--skip-bad")["added"] == 1

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            ("ADA,other@example.com", "ada is here already"),
            ("other,Ada@Example.com", "ada is here already"),
            ("bob,third@example.com", "the user name bob is that of line 2 too"),
            ("third,BOB@example.com", "the address bob@example.com is that of line 2 too"),
        ],
    )
    def test_who_is_here_already_is_left_alone(self, people: Callable, row: str, why: str) -> None:
        ada = make_user("ada", password=None)
        answer = people("csv", f"username,email\nbob,bob@example.com\n{row}\n")
        assert answer["people"][1]["why"] == why
        assert (answer["added"], User.objects.count()) == (1, 2)
        ada.refresh_from_db()
        assert ada.email == "ada@example.com"

    @pytest.mark.parametrize("source", READERS)
    @pytest.mark.parametrize(
        "content",
        [
            b"nonsense", b"[]", b"{}", b'{"users": 1}', b'{"users": [1]}', b'{"users": {"a": 1}}',
            b"\xff\xfe", b"[" * 5000,
            b'{"tables": {}}', b"PK\x03\x04broken", b'[{"model": "x"}]', b"users:\n  a:\n\tb: c",
            b"username\0", b"a: [b",
        ],
        ids=range(14),
    )  # fmt: skip
    def test_a_file_of_another_kind_is_told(self, people: Callable, source: str, content: bytes) -> None:
        with pytest.raises(CommandError, match="can't be read"):
            people(source, content)
        assert not User.objects.exists()


@pytest.mark.parametrize(
    "value",
    [
        "", "plain", "$1$salt$hash", "md5$x$y", "$argon2id$v=19$m=99999999,t=3,p=4$c2FsdA$aGFzaGhhc2g",
        "$argon2id$v=19$m=64,t=0,p=1$c2FsdA$aGFzaGhhc2g", "$6$rounds=99999999$salt$" + "a" * 86, "$6$salt$short",
        "$2b$31$" + "a" * 53, "pbkdf2_sha256$99999999$salt$" + "a" * 43,
        "$pbkdf2-sha512$99999999$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
        "argon2$argon2id$v=19$m=99999999,t=3,p=4$c2FsdA$aGFzaGhhc2g", "$pbkdf2-sha512$1000$c2FsdA$YQ",
        "bcrypt$nothing" + "a" * 30,
        *(f"$scrypt${costs}$c2FsdHNhbHRzYWx0c2FsdA${'A' * 43}" for costs in (
            "ln=18,r=8,p=1", "ln=17,r=16,p=1", "ln=16,r=8,p=5", "ln=16,r=8,p=0", "ln=0,r=8,p=1", "ln=16,r=0,p=1",
            "ln=16,r=1,p=1", "ln=99,r=999,p=1", "r=8,ln=16,p=1", "ln=-1,r=8,p=1",
        )),
        "$scrypt$ln=16,r=8,p=1$c2FsdA$short", "$scrypt$ln=16,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "A" * 89,
        "$scrypt$ln=16,r=8,p=1$c2FsdA$" + "A" * 45,
    ],
)  # fmt: skip
def test_a_hash_that_is_unknown_or_would_make_the_server_work_for_minutes_is_refused(value: str) -> None:
    with pytest.raises(hashes.Unknown):
        hashes.read(value)


def test_scrypt_is_that_of_others() -> None:
    """Made by passlib; from the tests of github.com/zitadel/passwap."""
    encoded = hashes.read(
        "$scrypt$ln=16,r=8,p=1$cmFuZG9tc2FsdGlzaGFyZA$Rh+NnJNo1I6nRwaNqbDm6kmADswD1+7FTKZ7Ln9D8nQ"
    )
    hasher = identify_hasher(encoded)
    assert hasher.verify("password", encoded)
    assert not hasher.verify("Password", encoded)


def test_the_costliest_scrypt_that_is_taken_can_be_checked() -> None:
    for costs in ("ln=17,r=8,p=1", "ln=4,r=999,p=4"):
        encoded = hashes.read(f"$scrypt${costs}$c2FsdHNhbHRzYWx0c2FsdA${'A' * 43}")
        assert not identify_hasher(encoded).verify("x", encoded)


@pytest.mark.parametrize(
    "setting", ["$6$salt", "$6$rounds=2000$saltstringsalt16", "$5$salt", "$5$rounds=2000$s"]
)
@pytest.mark.parametrize("word", ["", "x", "x" * 63, "x" * 64, "x" * 65, "x" * 200, "ä€🙂", PASSWORD])
def test_sha_crypt_is_that_of_the_system(setting: str, word: str) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import crypt  # gone in Python 3.13, so the product can't use it
    encoded = hashes.read(crypt.crypt(word, setting))
    hasher = identify_hasher(encoded)
    assert hasher.verify(word, encoded)
    assert not hasher.verify(word + "x", encoded)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: b", {"a": "b"}),
        ("---\n# x\na: 'it''s' # y\nb: \"q\\\"#\"\n", {"a": "it's", "b": 'q"#'}),
        (
            "a:\n  b: true\n  c: null\nd: [x, 'y, z', 1]",
            {"a": {"b": True, "c": None}, "d": ["x", "y, z", "1"]},
        ),
        ("a:\n- x\n- y\nb: {}", {"a": ["x", "y"], "b": {}}),
        ("a:\n  - $6$x#y\n", {"a": ["$6$x#y"]}),
    ],
)
def test_simple_yaml(text: str, value: Any) -> None:
    assert simple_yaml.read(text.encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: &x b", "a: *x", "a: !!python/object:os.system x", "a: |\n  b", "a: >\n  b", "a: b: c", "a: {b: c}", "a: [b",
        "a: 'b", "a: b\na: c", "a: b\n   c: d", "- a: b", "a", "a: @b", "a: b\n---\nc: d", "? a", "%YAML 1.2\na: b",
    ],
)  # fmt: skip
def test_yaml_beyond_that_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(Unreadable):
        simple_yaml.read(text.encode())


def test_the_words_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("people", "import", "--from", "keycloak", str(SAMPLES / FILES["keycloak"]))
    out = capsys.readouterr().out
    assert "add   ada" in out
    assert "5 added." in out
    assert Group.objects.filter(name="engineering").exists()
