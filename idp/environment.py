"""The environment, read once and typed: `IDP_NAME`, or `IDP_NAME_FILE` for a path that holds the value.

An unknown `IDP_*` name, or a value that does not parse, stops the start with one sentence that says which
and why. `describe()` gives the effective table with secrets masked.
"""

import base64
import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from idp.setting_types import (
    LANGUAGES,
    algorithms,
    boolean,
    choice,
    contact,
    duration,
    encryption_keys,
    issuer,
    items,
    ladder,
    ldap_filter,
    ldap_url,
    networks,
    pairs,
    rsa_bits,
    secret_key,
    sessions_per_browser,
)


@dataclass(frozen=True)
class Setting:
    """One name of the environment: how it is read, what it is when absent, and what it means."""

    parse: Callable[[str], Any]
    default: str | None
    help: str
    secret: bool = False


SETTINGS: Mapping[str, Setting] = {
    "IDP_ISSUER": Setting(issuer, "http://localhost:8000", "address of this provider, as apps see it"),
    "IDP_DATA_DIR": Setting(Path, "var", "folder of the embedded database and of generated secrets"),
    "IDP_SECRET_KEY": Setting(secret_key, None, "signs cookies and derives refresh tokens", secret=True),
    "IDP_SECRET_KEY_PREVIOUS": Setting(
        secret_key, "", "the one before, while it is being replaced", secret=True
    ),
    "IDP_ENCRYPTION_KEYS": Setting(
        encryption_keys,
        None,
        "version:base64 pairs that seal private keys, the current one first",
        secret=True,
    ),
    "IDP_DATABASE_URL": Setting(str, "", "postgres://… ; empty for SQLite in IDP_DATA_DIR", secret=True),
    "IDP_DEBUG": Setting(boolean, "off", "Django's debug pages; refused unless the issuer is loopback"),
    "IDP_ALLOWED_HOSTS": Setting(items, "", "host names served beside the issuer's own"),
    "IDP_TRUSTED_PROXIES": Setting(networks, "", "networks whose X-Forwarded-For and -Proto are believed"),
    "IDP_EMAIL_URL": Setting(
        str, "console:", "smtp://user:password@host:587?tls=1, or console:", secret=True
    ),
    "IDP_EMAIL_FROM": Setting(str, "", "sender of mails; empty for signet@ the issuer's host"),
    "IDP_SECURITY_CONTACT": Setting(
        contact, "", "whom to tell of a weakness, as security.txt says: an e-mail or https address"
    ),
    "IDP_LOG_LEVEL": Setting(choice("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "least severe line logged"),
    "IDP_LOG_FORMAT": Setting(
        choice("text", "json"), "text", "one line a record, for people or for machines"
    ),
    "IDP_TIME_ZONE": Setting(str, "UTC", "time zone of the pages"),
    "IDP_LANGUAGE": Setting(
        choice(*LANGUAGES),
        "en",
        "language of people's pages and mails where neither app, person nor browser asks for one of ours",
    ),
    "IDP_ADMIN_PATH": Setting(str, "admin", "where Django admin lives; empty switches it off"),
    "IDP_DEMO": Setting(boolean, "on", "two demo apps beside `manage.py up`, if the issuer is this machine"),
    "IDP_PLAYGROUND": Setting(
        choice("", "off", "admin", "on"),
        "",
        "the playground: off, admin or on; empty means on where the demo is, and else for admins",
    ),
    "IDP_SESSION_IDLE": Setting(duration, "12h", "a session unused for so long ends"),
    "IDP_SESSION_LIFETIME": Setting(duration, "7d", "a session ends after so long, used or not"),
    "IDP_SESSIONS_PER_BROWSER": Setting(
        sessions_per_browser, "5", "people signed in side by side in one browser; 1 for one at a time"
    ),
    "IDP_CODE_LIFETIME": Setting(duration, "60s", "authorization codes"),
    "IDP_ACCESS_TOKEN_LIFETIME": Setting(duration, "10m", "access tokens, unless the app says otherwise"),
    "IDP_ID_TOKEN_LIFETIME": Setting(duration, "10m", "ID tokens, unless the app says otherwise"),
    "IDP_REFRESH_TOKEN_IDLE": Setting(duration, "30d", "a refresh token unused for so long dies"),
    "IDP_REFRESH_TOKEN_LIFETIME": Setting(
        duration, "180d", "a refresh token dies after so long, used or not"
    ),
    "IDP_REFRESH_GRACE": Setting(duration, "10s", "a retry gets the same successor this long; at most 10s"),
    "IDP_REQUIRE_DPOP_NONCE": Setting(boolean, "off", "every DPoP proof has to hold a nonce of this server"),
    "IDP_KEY_ALGORITHMS": Setting(algorithms, "RS256", "signing algorithms kept alive, among them RS256"),
    "IDP_KEY_RSA_BITS": Setting(rsa_bits, "2048", "size of new RSA keys"),
    "IDP_KEY_SIGNING_PERIOD": Setting(duration, "90d", "how long one key signs"),
    "IDP_KEY_PUBLISH_BEFORE": Setting(
        duration, "7d", "how long a key is public before it signs; at least 24h"
    ),
    "IDP_JWKS_MAX_AGE": Setting(
        duration, "1h", "how long apps may cache the JWKS; at most IDP_KEY_PUBLISH_BEFORE"
    ),
    "IDP_ACR_LADDER": Setting(
        ladder,
        "urn:signet:pwd=pwd,urn:signet:mfa=mfa,phr=pop+mfa,phrh=hwk+pop+mfa",
        "levels of sign-in (acr), weakest first: level=method+method, …",
    ),
    "IDP_MAIL_CODES": Setting(
        boolean, "on", "a mailed code may stand in for a second factor that is not at hand"
    ),
    "IDP_TRUSTED_DEVICE": Setting(
        duration, "30d", "longest time that a browser may be spared the second factor; 0s for never"
    ),
    "IDP_TELL_OF_NEW_PLACES": Setting(
        boolean, "on", "a mail, once a day at most, about a sign-in from a network that is new for the person"
    ),
    "IDP_OTHER_DEVICE": Setting(
        boolean, "on", "people may sign in by a QR code and a number that they confirm on a device of theirs"
    ),
    "IDP_SELF_REGISTRATION": Setting(boolean, "off", "people may make their own accounts"),
    "IDP_SELF_REGISTRATION_DOMAINS": Setting(
        items, "", "and only with e-mail addresses at these domains; empty for all"
    ),
    "IDP_SCIM_APPS": Setting(
        items, "", "client ids of apps that may provision people with access tokens of client_credentials"
    ),
    "IDP_INVITATION_LIFETIME": Setting(duration, "7d", "an invitation works for so long"),
    "IDP_DELETION_DELAY": Setting(
        duration, "7d", "an account that its person deletes stays so long, for them to take that back"
    ),
    "IDP_IMPERSONATION": Setting(
        boolean,
        "off",
        "admins may look at what a person sees, with a reason, for half an hour, changing nothing",
    ),
    "IDP_PASSWORD_MIN_LENGTH": Setting(int, "12", "shortest password accepted; 8 or more"),
    "IDP_REGISTRATION": Setting(
        choice("closed", "token", "open"),
        "closed",
        "who may register apps by program: nobody, holders of a registration token, or everybody",
    ),
    "IDP_REGISTRATION_UNUSED": Setting(
        duration, "30d", "an app that registered itself and that nobody used goes after so long"
    ),
    "IDP_REQUIRE_PUSHED_REQUESTS": Setting(
        boolean, "off", "every sign-in begins with a pushed request (PAR)"
    ),
    "IDP_SESSION_MANAGEMENT": Setting(
        boolean, "off", "apps' pages may ask a frame of ours whether who is signed in has changed"
    ),
    "IDP_TRACE_DAYS": Setting(
        int, "14", "why a request was refused is kept for so many days; 0 keeps nothing"
    ),
    "IDP_FETCH_NETWORKS": Setting(networks, "", "private networks that the server may fetch from"),
    "IDP_LDAP_URL": Setting(
        ldap_url,
        "",
        "directory whose people sign in here with its passwords: ldaps://host or ldap://host (StartTLS)",
    ),
    "IDP_LDAP_START_TLS": Setting(boolean, "on", "StartTLS at ldap://…; off for this machine only"),
    "IDP_LDAP_CA_FILE": Setting(
        str, "", "certificates that the directory's is held to; empty for the system's"
    ),
    "IDP_LDAP_BIND_DN": Setting(str, "", "who looks people up there; empty for nobody (an anonymous search)"),
    "IDP_LDAP_BIND_PASSWORD": Setting(str, "", "its password", secret=True),
    "IDP_LDAP_BASE": Setting(str, "", "where people are, such as ou=people,dc=example,dc=com"),
    "IDP_LDAP_USER_FILTER": Setting(
        ldap_filter,
        "(&(objectClass=person)(|(uid={user})(mail={user})))",
        "finds who is typed; for Active Directory (&(objectClass=user)(|(sAMAccountName={user})(mail={user})))",
    ),
    "IDP_LDAP_ID_ATTRIBUTE": Setting(
        str, "entryUUID", "what never changes of a person there; objectGUID for Active Directory"
    ),
    "IDP_LDAP_ATTRIBUTES": Setting(
        pairs,
        "username=uid,email=mail,name=cn,given_name=givenName,family_name=sn",
        "what is taken over, each from which attribute there",
    ),
    "IDP_LDAP_GROUP_BASE": Setting(str, "", "where groups are; empty for none"),
    "IDP_LDAP_GROUPS": Setting(
        pairs,
        "",
        "groups there (cn) and what they are here: staff=Employees, …; nobody else decides who is in those",
    ),
    "IDP_LDAP_TIMEOUT": Setting(duration, "5s", "longest wait for an answer of the directory; at most 30s"),
    "IDP_LDAP_PASSWORD_URL": Setting(str, "", "page where people of the directory change their password"),
    "IDP_THROTTLE_EXEMPT": Setting(networks, "", "addresses that the throttle leaves alone, for test beds"),
}


class Environment:
    """The values of SETTINGS, from `environ`; raises ImproperlyConfigured at the first that is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        known = set(SETTINGS) | {f"{name}_FILE" for name in SETTINGS}
        if unknown := sorted(name for name in environ if name.startswith("IDP_") and name not in known):
            raise ImproperlyConfigured(f"Unknown setting {unknown[0]}. Known: {', '.join(SETTINGS)}.")
        self._raw = {name: self._read(environ, name) for name in SETTINGS}
        self.values = {name: self._parse(name) for name in SETTINGS}

    @staticmethod
    def _read(environ: Mapping[str, str], name: str) -> str | None:
        path = environ.get(f"{name}_FILE")
        if path is None:
            return environ.get(name, SETTINGS[name].default)
        if name in environ:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one.")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {error.strerror}: {path}") from error

    def _parse(self, name: str) -> Any:
        raw = self._raw[name]
        if raw is None:
            return None
        try:
            return SETTINGS[name].parse(raw)
        except ValueError as error:
            shown = "the value" if SETTINGS[name].secret else repr(raw)
            raise ImproperlyConfigured(f"{name}: {shown} is not usable: {error}.") from error

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def describe(self) -> dict[str, str]:
        """The effective table, for people: secrets masked."""
        return {
            name: ("********" if self._raw[name] else "") if setting.secret else (self._raw[name] or "")
            for name, setting in SETTINGS.items()
        }


def is_loopback(address: str) -> bool:
    """Whether an address names this machine only."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def generated(folder: Path, name: str, make: Callable[[], str]) -> str:
    """A secret kept in a file that only its owner reads, made at the first use; safe for processes at once."""
    path = folder / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = folder / f".{name}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
        try:
            os.link(draft, path)  # fails when another process was first: then its secret is the one
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def new_encryption_key() -> str:
    return "1:" + base64.b64encode(secrets.token_bytes(32)).decode()
