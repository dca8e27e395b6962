"""Upstream providers as an admin sees them: in Django admin, and by `manage.py upstream`."""

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.models import AuditEvent
from idp.models import Upstream
from keys import sealing
from tests.factories import make_admin, sign_in
from tests.idp.upstream.fake import ISSUER, SECRET, Fake, make_upstream

pytestmark = pytest.mark.django_db


def run(*arguments: str, stdin: str = "", monkeypatch: Any = None) -> Any:
    out = io.StringIO()
    if stdin:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command("upstream", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


class TestAdmin:
    @pytest.fixture
    def browser(self) -> Browser:
        browser = Browser()
        sign_in(browser, make_admin())
        return browser

    def form(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "Elsewhere", "slug": "elsewhere", "preset": "oidc", "issuer": ISSUER, "client_id": "x",
            "enabled": "on", "shown": "on", "email_domains": "Corp.Example\n\n other.example ", **changes,
        }  # fmt: skip

    def test_s_140_a_secret_goes_in_and_is_never_shown_or_logged(self, browser: Browser) -> None:
        path = "/admin/idp/upstream/"
        assert browser.post(f"{path}add/", self.form(secret=SECRET)).status_code == 302
        upstream = Upstream.objects.get()
        opened = sealing.open_sealed(upstream.sealed_secret, context=upstream.sealed_for)
        assert opened.decode() == SECRET
        assert upstream.email_domains == ["corp.example", "other.example"]
        page = browser.get(f"{path}{upstream.pk}/change/").content.decode()
        assert "http://localhost:8000/login/with/elsewhere/callback" in page
        assert SECRET not in page
        assert upstream.sealed_secret not in page
        assert SECRET not in str(list(AuditEvent.objects.values_list("detail", flat=True)))
        kept = upstream.sealed_secret
        assert browser.post(f"{path}{upstream.pk}/change/", self.form(name="New")).status_code == 302
        upstream.refresh_from_db()
        assert (upstream.name, upstream.sealed_secret) == ("New", kept), "empty leaves it"
        browser.post(f"{path}{upstream.pk}/change/", self.form(forget_secret="on"))
        upstream.refresh_from_db()
        assert upstream.sealed_secret == ""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"issuer": "http://elsewhere.example"}, "has to be https"),
            ({"issuer": ""}, "address of the provider is missing"),
            ({"slug": "Up Here"}, "small letters"),
            ({"email_domains": "not a domain"}, "is no domain"),
            ({"allowed_domains": "*"}, "is no domain"),
            ({"tenants": "x"}, "Only Entra ID has tenants"),
            ({"preset": "apple", "issuer": ""}, "team ID"),
        ],
        ids=str,
    )
    def test_what_can_not_work_is_refused_with_a_sentence(
        self, browser: Browser, change: dict[str, str], words: str
    ) -> None:
        response = browser.post("/admin/idp/upstream/add/", self.form(**change))
        assert response.status_code == 200
        assert words in response.content.decode()
        assert not Upstream.objects.exists()

    def test_s_130_a_group_that_opens_the_admin_is_none_to_give(self, browser: Browser) -> None:
        from django.contrib.auth.models import Permission

        powerful = Group.objects.create(name="powerful")
        powerful.permissions.add(Permission.objects.first())
        assert browser.post("/admin/idp/upstream/add/", self.form(groups=[powerful.pk])).status_code == 200
        assert not Upstream.objects.exists()


class TestCommand:
    def test_creates_shows_changes_lists_and_deletes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Group.objects.create(name="chess")
        made = run(
            *("create", "google", "--preset", "google", "--name", "Google", "--client-id", "abc"),
            *(
                "--secret-file",
                "-",
                "--believe-domain",
                "corp.example",
                "--may-create",
                "on",
                "--group",
                "chess",
            ),
            stdin=f"{SECRET}\n",
            monkeypatch=monkeypatch,
        )
        assert made["redirect_uri"] == "http://localhost:8000/login/with/google/callback"
        assert (made["issuer"], made["has_secret"], made["groups"]) == (
            "https://accounts.google.com",
            True,
            ["chess"],
        )
        assert SECRET not in json.dumps(made)
        changed = run("update", "google", "--enabled", "off", "--believe-domain", "")
        assert (changed["enabled"], changed["email_domains"], changed["name"]) == (False, [], "Google")
        assert [each["slug"] for each in run("list")] == ["google"]
        assert run("show", "google") == changed
        run("delete", "google")
        assert run("list") == []
        types = list(AuditEvent.objects.order_by("id").values_list("type", flat=True))
        assert types == ["upstream.created", "upstream.changed", "upstream.deleted"]

    @pytest.mark.parametrize(
        "arguments",
        [
            ("show", "nobody"),
            ("create", "x", "--client-id", "x"),
            ("create", "x", "--client-id", "x", "--issuer", "https://x.example", "--group", "none"),
            ("create", "x", "--client-id", "x", "--issuer", "https://x.example", "--secret-file", "/nowhere"),
            ("create", "x", "--issuer", "https://x.example"),
        ],
        ids=str,
    )
    def test_refuses_with_a_sentence(self, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            call_command("upstream", *arguments)
        assert not Upstream.objects.exists()

    def test_check_asks_for_metadata_and_keys(self, fake: Fake) -> None:
        make_upstream()
        found = run("check", "elsewhere")
        assert (found["ok"], found["keys"], found["token_endpoint"]) == (True, 1, f"{ISSUER}/token")

    def test_check_fails_where_nothing_answers(self, fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
        make_upstream()
        fake.down = True
        with pytest.raises(SystemExit):
            run("check", "elsewhere")


def test_a_fault_has_the_name_of_the_option_that_mends_it() -> None:
    with pytest.raises(CommandError, match=r"^--client-id: "):
        call_command("upstream", "create", "company", "--issuer", "https://login.example.com")
    with pytest.raises(CommandError, match=r"^--believe-domain: "):
        call_command(
            *("upstream", "create", "company", "--issuer", "https://login.example.com", "--client-id", "x"),
            "--believe-domain=not a domain",
        )
