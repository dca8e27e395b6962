"""Settings of the tests: the product's own, from an environment of their own."""

import atexit
import os
import shutil
import tempfile

for name in [name for name in os.environ if name.startswith("IDP_")]:
    del os.environ[name]
os.environ["IDP_ISSUER"] = "http://localhost:8000"
os.environ["IDP_SECRET_KEY"] = "only-for-tests-" + "0123456789abcdef" * 3
os.environ["IDP_ENCRYPTION_KEYS"] = "1:" + "A" * 43 + "="
os.environ["IDP_DATA_DIR"] = tempfile.mkdtemp(prefix="signet-tests-")
atexit.register(shutil.rmtree, os.environ["IDP_DATA_DIR"], ignore_errors=True)
os.environ["IDP_DATABASE_URL"] = os.environ.get("SIGNET_TEST_DATABASE", "")

from idp.settings import *  # noqa: E402, F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if not os.environ["IDP_DATABASE_URL"]:
    # A file, like the product's: tables in memory are locked in another way, which threads run into.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["IDP_DATA_DIR"], "test.sqlite3")}  # noqa: F405
