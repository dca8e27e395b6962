"""What few ask for is loaded by the first who does, whole and right (decision 50)."""

import subprocess
import sys
from pathlib import Path

from django.contrib import admin
from django.core.checks import run_checks
from django.urls import URLPattern
from django.utils.module_loading import import_string

from accounts.models import User
from idp.admin import urls
from idp.models import Client
from idp.urls import urlpatterns

ROOT = Path(__file__).resolve().parents[2]

# The server as it is before it forks, then an address of a person's page, then one of the admin's.
SERVER = """
import sys, idp.wsgi
from django.urls import resolve, reverse
from idp import start

def loaded():
    return sorted({"accounts.admin", "idp.admin", "keys.admin"} & set(sys.modules))

start._load()
print(reverse("accounts:login"), resolve("/account/").url_name, loaded())
print(reverse("admin:accounts_user_changelist"), resolve("/admin/idp/client/").url_name, loaded())
"""


def test_a_server_that_nobody_administers_does_not_load_the_admin(tmp_path: Path) -> None:
    env = {"IDP_ISSUER": "http://127.0.0.1:8000", "IDP_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SERVER], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "/login overview []",
        "/admin/accounts/user/ idp_client_changelist ['accounts.admin', 'idp.admin', 'keys.admin']",
    ]


def test_what_is_loaded_later_is_there() -> None:
    views = [pattern.callback for pattern in urlpatterns if isinstance(pattern, URLPattern)]
    names = [view.loads for view in views if hasattr(view, "loads")]
    assert len(names) > 10
    for name in names:
        assert callable(import_string(name)), name


def test_the_admin_passes_the_checks_of_django() -> None:
    assert urls.urlpatterns
    assert admin.site.is_registered(User)
    assert admin.site.is_registered(Client)
    assert [found for found in run_checks() if not found.is_silenced()] == []
