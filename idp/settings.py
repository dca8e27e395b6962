"""Django's settings: the only reader of the environment (`idp.environment` says what each name means)."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from idp import setting_types
from idp.database import database
from idp.environment import Environment, generated, is_loopback, new_encryption_key

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = Environment(os.environ)
DATA_DIR: Path = BASE_DIR / ENVIRONMENT["IDP_DATA_DIR"]
# On this machine `manage.py up` keeps the address it serves here, so that other commands mean that server.
ADDRESS_FILE = DATA_DIR / "address"
ISSUER_CHOSEN = not {"IDP_ISSUER", "IDP_ISSUER_FILE"}.isdisjoint(os.environ)
if not ISSUER_CHOSEN and ADDRESS_FILE.exists():
    ENVIRONMENT = Environment({**os.environ, "IDP_ISSUER_FILE": str(ADDRESS_FILE)})
env = ENVIRONMENT.values

ISSUER: str = env["IDP_ISSUER"]
LOCAL = is_loopback(ISSUER)
ISSUER_HOST = urlsplit(ISSUER).netloc
HTTPS = ISSUER.startswith("https:")

# --- What production refuses (S-140, S-145) -------------------------------------------------------------
DEBUG: bool = env["IDP_DEBUG"]
if DEBUG and not LOCAL:
    raise ImproperlyConfigured(
        "IDP_DEBUG is refused with a public issuer: it would show secrets to strangers."
    )
if not HTTPS and not LOCAL:
    raise ImproperlyConfigured(f"IDP_ISSUER {ISSUER} has to be https: plain http is for this machine only.")
if (
    env["IDP_LDAP_URL"].startswith("ldap:")
    and not env["IDP_LDAP_START_TLS"]
    and not is_loopback(env["IDP_LDAP_URL"])
):
    raise ImproperlyConfigured(
        "IDP_LDAP_START_TLS: off is refused, for passwords would cross the network in the clear."
    )
if env["IDP_LDAP_URL"] and not env["IDP_LDAP_BASE"]:
    raise ImproperlyConfigured("IDP_LDAP_BASE is missing: it says where in the directory people are.")
for name in ("IDP_SECRET_KEY", "IDP_ENCRYPTION_KEYS"):
    if not env[name] and not LOCAL:
        raise ImproperlyConfigured(
            f"{name} (or {name}_FILE) is missing. `manage.py secrets` prints a fresh pair."
        )


def _random_secret() -> str:
    import secrets

    return secrets.token_urlsafe(48)


# On this machine only, a first start makes its own secrets and keeps them beside the database.
SECRET_KEY: str = env["IDP_SECRET_KEY"] or generated(DATA_DIR, "secret_key", _random_secret)
SECRET_KEY_FALLBACKS: list[str] = [env["IDP_SECRET_KEY_PREVIOUS"]] if env["IDP_SECRET_KEY_PREVIOUS"] else []

# --- The rooms' own settings ----------------------------------------------------------------------------
KEYS_ENCRYPTION_KEYS: dict[str, bytes] = env["IDP_ENCRYPTION_KEYS"] or setting_types.encryption_keys(
    generated(DATA_DIR, "encryption_keys", new_encryption_key)
)
KEYS_ALGORITHMS: list[str] = env["IDP_KEY_ALGORITHMS"]
KEYS_RSA_BITS: int = env["IDP_KEY_RSA_BITS"]
KEYS_SIGNING_PERIOD = env["IDP_KEY_SIGNING_PERIOD"]
KEYS_PUBLISH_BEFORE = env["IDP_KEY_PUBLISH_BEFORE"]
KEYS_JWKS_MAX_AGE = env["IDP_JWKS_MAX_AGE"]

SESSION_IDLE = env["IDP_SESSION_IDLE"]
SESSION_LIFETIME = env["IDP_SESSION_LIFETIME"]
SESSIONS_PER_BROWSER: int = env["IDP_SESSIONS_PER_BROWSER"]
OTHER_DEVICE: bool = env["IDP_OTHER_DEVICE"]
SELF_REGISTRATION: bool = env["IDP_SELF_REGISTRATION"]
SELF_REGISTRATION_DOMAINS: list[str] = env["IDP_SELF_REGISTRATION_DOMAINS"]
IMPERSONATION: bool = env["IDP_IMPERSONATION"]
DELETION_DELAY = env["IDP_DELETION_DELAY"]
SCIM_APPS: list[str] = env["IDP_SCIM_APPS"]
INVITATION_LIFETIME = env["IDP_INVITATION_LIFETIME"]
PASSWORD_MIN_LENGTH: int = env["IDP_PASSWORD_MIN_LENGTH"]
THROTTLE_EXEMPT = env["IDP_THROTTLE_EXEMPT"]
LDAP_URL: str = env["IDP_LDAP_URL"]
LDAP_START_TLS: bool = env["IDP_LDAP_START_TLS"]
LDAP_CA_FILE: str = env["IDP_LDAP_CA_FILE"]
LDAP_BIND_DN: str = env["IDP_LDAP_BIND_DN"]
LDAP_BIND_PASSWORD: str = env["IDP_LDAP_BIND_PASSWORD"]
LDAP_BASE: str = env["IDP_LDAP_BASE"]
LDAP_USER_FILTER: str = env["IDP_LDAP_USER_FILTER"]
LDAP_ID_ATTRIBUTE: str = env["IDP_LDAP_ID_ATTRIBUTE"]
LDAP_ATTRIBUTES: dict[str, str] = env["IDP_LDAP_ATTRIBUTES"]
LDAP_GROUP_BASE: str = env["IDP_LDAP_GROUP_BASE"]
LDAP_GROUPS: dict[str, str] = env["IDP_LDAP_GROUPS"]
LDAP_TIMEOUT = env["IDP_LDAP_TIMEOUT"]
LDAP_PASSWORD_URL: str = env["IDP_LDAP_PASSWORD_URL"]

CODE_LIFETIME = env["IDP_CODE_LIFETIME"]
ACCESS_TOKEN_LIFETIME = env["IDP_ACCESS_TOKEN_LIFETIME"]
ID_TOKEN_LIFETIME = env["IDP_ID_TOKEN_LIFETIME"]
REFRESH_TOKEN_IDLE = env["IDP_REFRESH_TOKEN_IDLE"]
REFRESH_TOKEN_LIFETIME = env["IDP_REFRESH_TOKEN_LIFETIME"]
REFRESH_GRACE = env["IDP_REFRESH_GRACE"]
REQUIRE_PUSHED_REQUESTS: bool = env["IDP_REQUIRE_PUSHED_REQUESTS"]
REQUIRE_DPOP_NONCE: bool = env["IDP_REQUIRE_DPOP_NONCE"]
ACR_LADDER = env["IDP_ACR_LADDER"]
SESSION_MANAGEMENT: bool = env["IDP_SESSION_MANAGEMENT"]
TRACE_DAYS: int = env["IDP_TRACE_DAYS"]
MAIL_CODES: bool = env["IDP_MAIL_CODES"]
TRUSTED_DEVICE = env["IDP_TRUSTED_DEVICE"]
TELL_OF_NEW_PLACES: bool = env["IDP_TELL_OF_NEW_PLACES"]
REGISTRATION: str = env["IDP_REGISTRATION"]
REGISTRATION_UNUSED = env["IDP_REGISTRATION_UNUSED"]
FETCH_NETWORKS = env["IDP_FETCH_NETWORKS"]
TRUSTED_PROXIES = env["IDP_TRUSTED_PROXIES"]
ADMIN_PATH: str = env["IDP_ADMIN_PATH"].strip("/")
DEMO: bool = env["IDP_DEMO"]
PLAYGROUND: str = env["IDP_PLAYGROUND"] or ("on" if DEMO and LOCAL else "admin")

# --- Django ---------------------------------------------------------------------------------------------
ALLOWED_HOSTS = [urlsplit(ISSUER).hostname, *env["IDP_ALLOWED_HOSTS"]]
if LOCAL:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
ROOT_URLCONF = "idp.urls"
WSGI_APPLICATION = "idp.wsgi.application"
APPEND_SLASH = False  # a redirect turns a POST into a GET, and //host into another site (S-007)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "accounts.admin_config.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "keys",
    "accounts",
    "idp",
]
MIDDLEWARE = [
    "idp.middleware.RequestFacts",
    "idp.middleware.SecurityHeaders",
    "idp.middleware.Limits",
    "idp.middleware.Programs",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "idp.middleware.Outage",
    "accounts.middleware.Sessions",
    "accounts.speaking.Speaking",
    "idp.middleware.Csrf",
    "idp.middleware.Messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "idp.middleware.csp_nonce",
                "accounts.speaking.names",
            ],
        },
    },
]

DATABASES = {"default": database(env["IDP_DATABASE_URL"] or os.environ.get("DATABASE_URL", ""), DATA_DIR)}
# No shared cache: what is kept in a process (keys, apps) is checked against the database (decision 8).
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/account/"
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2id",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.BCryptPasswordHasher",
    # Of people that were imported; each is made anew at the first sign-in.
    "accounts.imported_hashers.Pbkdf2Sha1",
    "accounts.imported_hashers.Pbkdf2Sha256",
    "accounts.imported_hashers.Pbkdf2Sha512",
    "accounts.imported_hashers.Sha256Crypt",
    "accounts.imported_hashers.Sha512Crypt",
    "accounts.imported_hashers.Scrypt",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.Length"},
    {"NAME": "accounts.passwords.Blocklist"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SILENCED_SYSTEM_CHECKS = [
    "admin.E408",  # accounts.middleware.Sessions takes the place of Django's authentication middleware
    "admin.E409",  # idp.middleware.Messages of its message middleware
    "admin.E410",  # and our sessions, hashed at rest, of its session middleware
    "security.W004",  # HSTS, redirect to https and cookies: idp.middleware, per issuer
    "security.W008",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# The __Host- prefix binds a cookie to this host and to https (S-082).
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}signet"
SESSION_COOKIE_SECURE = HTTPS
BROWSER_STATE_COOKIE_NAME = f"{_PREFIX}browser-state"
CSRF_COOKIE_NAME = f"{_PREFIX}csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [ISSUER]
CSRF_FAILURE_VIEW = "idp.endpoints.errors.csrf_failure"
SECURE_REFERRER_POLICY = "no-referrer"

# Of commands, logs, the admin and what programs read; people's pages and mails are in DEFAULT_LANGUAGE.
LANGUAGE_CODE = "en"
DEFAULT_LANGUAGE = env["IDP_LANGUAGE"]
LANGUAGES = list(setting_types.LANGUAGES.items())
FORMAT_MODULE_PATH = ["idp.formats"]
TIME_ZONE = env["IDP_TIME_ZONE"]
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "idp.static_storage.Storage"},
}
WHITENOISE_MAX_AGE = 3600

# Limits before parsing (S-014).
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5

_mail = urlsplit(env["IDP_EMAIL_URL"])
if _mail.scheme == "smtp":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS, EMAIL_USE_SSL = "tls=1" in _mail.query, "ssl=1" in _mail.query
    EMAIL_TIMEOUT = 10
elif _mail.scheme == "console":
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
elif _mail.scheme == "file":
    EMAIL_BACKEND, EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", unquote(_mail.path)
else:
    raise ImproperlyConfigured("IDP_EMAIL_URL: expected smtp://…, file:///folder or console:")
SECURITY_CONTACT: str = env["IDP_SECURITY_CONTACT"]
DEFAULT_FROM_EMAIL = env["IDP_EMAIL_FROM"] or f"Signet <signet@{urlsplit(ISSUER).hostname}>"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "idp.logs.JsonLine" if env["IDP_LOG_FORMAT"] == "json" else "idp.logs.TextLine"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env["IDP_LOG_LEVEL"]},
    "loggers": {"django": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
