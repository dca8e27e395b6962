"""Settings from the environment: typed, strict, and quiet about secrets."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from idp.environment import SETTINGS, Environment, generated, is_loopback

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "s3cr3t-" * 8
SEALING = "1:" + "A" * 43 + "="
PRODUCTION = {
    "IDP_ISSUER": "https://id.example.com",
    "IDP_SECRET_KEY": SECRET,
    "IDP_ENCRYPTION_KEYS": SEALING,
}


def start(data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Loads the settings in a process of their own, as a start does."""
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.ISSUER, settings.DEBUG)"],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "idp.settings", "IDP_DATA_DIR": str(data), **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_every_default_parses():
    assert Environment({})["IDP_ISSUER"] == "http://localhost:8000"


def test_values_are_typed():
    environment = Environment(
        {"IDP_SESSION_IDLE": "90m", "IDP_DEMO": "no", "IDP_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}
    )
    assert environment["IDP_SESSION_IDLE"] == timedelta(minutes=90)
    assert environment["IDP_DEMO"] is False
    assert [str(network) for network in environment["IDP_TRUSTED_PROXIES"]] == ["10.0.0.0/8", "::1/128"]


def test_a_mail_address_to_tell_of_weaknesses_becomes_the_uri_that_security_txt_wants():
    contact = Environment({"IDP_SECURITY_CONTACT": "security@example.com"})["IDP_SECURITY_CONTACT"]
    assert contact == "mailto:security@example.com"


def test_an_unknown_name_is_refused_by_name():
    with pytest.raises(ImproperlyConfigured, match=r"IDP_ISUER.*IDP_ISSUER"):
        Environment({"IDP_ISUER": "https://id.example.com"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDP_ISSUER", "id.example.com"),
        ("IDP_ISSUER", "https://id.example.com/"),
        ("IDP_ISSUER", "https://id.example.com/sso"),
        ("IDP_ISSUER", "https://id.example.com?x=1"),
        ("IDP_ISSUER", "https://user@id.example.com"),
        ("IDP_ISSUER", "ftp://id.example.com"),
        ("IDP_DEBUG", "perhaps"),
        ("IDP_SECURITY_CONTACT", "the porter"),
        ("IDP_SECURITY_CONTACT", "a@example.com\nExpires: 1999-01-01T00:00:00Z"),
        ("IDP_CODE_LIFETIME", "soon"),
        ("IDP_CODE_LIFETIME", "-5s"),
        ("IDP_KEY_ALGORITHMS", "ES256"),
        ("IDP_KEY_ALGORITHMS", "RS256,HS256"),
        ("IDP_KEY_RSA_BITS", "1024"),
        ("IDP_TRUSTED_PROXIES", "everybody"),
        ("IDP_SECRET_KEY", "short"),
        ("IDP_ENCRYPTION_KEYS", "1:c2hvcnQ="),
        ("IDP_ENCRYPTION_KEYS", f"{SEALING},{SEALING}"),
        ("IDP_LOG_LEVEL", "LOUD"),
        ("IDP_SESSIONS_PER_BROWSER", "0"),
        ("IDP_SESSIONS_PER_BROWSER", "0101"),
        ("IDP_SESSIONS_PER_BROWSER", "11"),
        ("IDP_LDAP_URL", "ldap.example.com"),
        ("IDP_LDAP_URL", "https://ldap.example.com"),
        ("IDP_LDAP_URL", "ldaps://ldap.example.com/dc=example"),
        ("IDP_LDAP_USER_FILTER", "(uid=ada)"),
        ("IDP_LDAP_USER_FILTER", "((uid={user})"),
        ("IDP_LDAP_USER_FILTER", "uid={user}"),
        ("IDP_LDAP_ATTRIBUTES", "username"),
        ("IDP_LDAP_GROUPS", "staff=A,staff=B"),
    ],
)
def test_a_value_that_does_not_parse_is_refused_by_name(name: str, value: str):
    with pytest.raises(ImproperlyConfigured, match=name):
        Environment({name: value})


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"IDP_LDAP_URL": "ldap://ldap.example.com", "IDP_LDAP_START_TLS": "off"}, "in the clear"),
        ({"IDP_LDAP_URL": "ldaps://ldap.example.com", "IDP_LDAP_BASE": ""}, "IDP_LDAP_BASE is missing"),
    ],
    ids=["no TLS", "no base"],
)
def test_a_directory_that_would_not_be_safe_stops_the_start(
    tmp_path: Path, environ: dict[str, str], words: str
):
    done = start(tmp_path, **{"IDP_LDAP_BASE": "dc=x", **environ})
    assert done.returncode != 0
    assert words in done.stderr
    assert start(
        tmp_path, IDP_LDAP_URL="ldap://localhost", IDP_LDAP_START_TLS="off", IDP_LDAP_BASE="dc=x"
    ).stdout


def test_a_refused_secret_is_not_printed():
    with pytest.raises(ImproperlyConfigured) as refusal:
        Environment({"IDP_ENCRYPTION_KEYS": "1:bm90IHNvIHNlY3JldA=="})
    assert "bm90" not in str(refusal.value)


def test_a_file_can_hold_a_value(tmp_path: Path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    assert Environment({"IDP_SECRET_KEY_FILE": str(tmp_path / "secret")})["IDP_SECRET_KEY"] == SECRET


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(ImproperlyConfigured, match="IDP_SECRET_KEY_FILE"):
        Environment({"IDP_SECRET_KEY_FILE": str(tmp_path / "absent")})


def test_a_value_and_a_file_at_once_are_refused(tmp_path: Path):
    with pytest.raises(ImproperlyConfigured, match="both"):
        Environment({"IDP_SECRET_KEY": SECRET, "IDP_SECRET_KEY_FILE": str(tmp_path / "secret")})


def test_the_printed_table_masks_every_secret():
    database = "postgres://signet:hunter2@db/signet"
    shown = Environment({"IDP_DATABASE_URL": database, **PRODUCTION}).describe()
    assert shown["IDP_ISSUER"] == "https://id.example.com"
    for name, setting in SETTINGS.items():
        if setting.secret:
            assert shown[name] in ("", "********")
    assert "hunter2" not in str(shown)


def test_s_145_debug_is_refused_with_a_public_issuer(tmp_path: Path):
    refused = start(tmp_path, **PRODUCTION, IDP_DEBUG="on")
    assert refused.returncode
    assert "IDP_DEBUG is refused" in refused.stderr


@pytest.mark.parametrize("name", ["IDP_SECRET_KEY", "IDP_ENCRYPTION_KEYS"])
def test_s_140_production_refuses_a_missing_secret(tmp_path: Path, name: str):
    refused = start(tmp_path, **{key: value for key, value in PRODUCTION.items() if key != name})
    assert refused.returncode
    assert f"{name} (or {name}_FILE) is missing" in refused.stderr
    assert not list(tmp_path.iterdir()), "it must not make one up either"


def test_plain_http_is_refused_beyond_this_machine(tmp_path: Path):
    refused = start(tmp_path, **{**PRODUCTION, "IDP_ISSUER": "http://id.example.com"})
    assert refused.returncode
    assert "has to be https" in refused.stderr


def test_production_starts_with_its_three_settings(tmp_path: Path):
    started = start(tmp_path, **PRODUCTION)
    assert started.stdout.split() == ["https://id.example.com", "False"], started.stderr


def test_this_machine_starts_with_none_and_keeps_what_it_made(tmp_path: Path):
    assert start(tmp_path).returncode == 0
    made = (tmp_path / "secret_key").read_text()
    assert start(tmp_path).returncode == 0
    assert (tmp_path / "secret_key").read_text() == made


def test_generated_secrets_are_readable_by_their_owner_only(tmp_path: Path):
    generated(tmp_path / "new", "secret", lambda: "value")
    assert (tmp_path / "new" / "secret").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost:8000", True),
        ("http://sso.localhost", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:8000", True),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://192.168.1.2", False),
    ],
)
def test_loopback_is_judged_by_the_whole_host(address: str, local: bool):
    assert is_loopback(address) is local


def test_secrets_come_before_there_are_settings():
    """A public issuer without secrets refuses to start, and this command is how one gets them."""
    made = subprocess.run(
        [sys.executable, "manage.py", "secrets"],
        cwd=ROOT,
        env={"IDP_ISSUER": "https://id.example.com"},
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    fresh = dict(line.split("=", 1) for line in made.stdout.split())
    assert Environment({"IDP_ISSUER": "https://id.example.com", **fresh})["IDP_SECRET_KEY"]
