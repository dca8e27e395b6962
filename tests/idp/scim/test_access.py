"""Who may call (RFC 7644 section 2, RFC 6750), and what is said of the server (section 4)."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from idp import start
from idp.clients import kept_tokens
from idp.models import Api, ScimToken
from idp.scim import schemas
from tests.idp.app import App, make_client

from .conftest import USER, Scim, make_token

pytestmark = pytest.mark.django_db
API = "http://localhost:8000/scim/v2"
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "path", ["", "/Users", "/Groups", "/Schemas", "/ServiceProviderConfig", "/Me", "/nothing"]
)
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer scim_x", "Basic YTpi", "Bearer scim_\u00e9"]
)
def test_without_a_token_nothing_is_told(path: str, header: str) -> None:
    response = Client().get(f"/scim/v2{path}", **({"HTTP_AUTHORIZATION": header} if header else {}))
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith('Bearer realm="http://localhost:8000"')
    assert response.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert response.json()["status"] == "401"


def test_s_061_a_token_in_the_address_is_refused(scim: Scim) -> None:
    assert Client().get(f"/scim/v2/Users?access_token={scim.token}").status_code == 400


class TestTokens:
    def test_s_042_only_a_digest_is_kept(self, scim: Scim) -> None:
        stored = ScimToken.objects.get()
        assert scim.token not in str(ScimToken.objects.values())
        assert stored.hint == scim.token[-4:]
        assert len(scim.token) > 43

    def test_its_use_is_noted_and_not_at_every_request(self, scim: Scim) -> None:
        scim.get("/Users")
        first = ScimToken.objects.get().last_used_at
        assert first is not None
        scim.get("/Users")
        assert ScimToken.objects.get().last_used_at == first

    def test_it_ends_by_being_revoked(self, scim: Scim) -> None:
        kept_tokens.revoke(ScimToken.objects.get(), now=timezone.now())
        assert scim.get("/Users").status_code == 401

    def test_it_ends_by_the_day(self, scim: Scim) -> None:
        ScimToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert scim.get("/Users").status_code == 401

    def test_it_opens_nothing_else(self, scim: Scim) -> None:
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {scim.token}"}
        assert Client().get("/oauth2/userinfo", **bearer).status_code == 401
        assert Client().get("/account/", **bearer).status_code == 302

    @pytest.mark.parametrize(
        ("method", "path"),
        [("POST", "/Users"), ("POST", "/Groups"), ("PUT", "/Users/{}"), ("PATCH", "/Users/{}"), ("DELETE", "/Users/{}"),
         ("POST", "/Bulk")],
    )  # fmt: skip
    def test_one_that_only_reads_writes_nothing(
        self, scim_of: Any, scim: Scim, method: str, path: str
    ) -> None:
        made = scim.user("alice")
        reader = scim_of("reader", may_write=False)
        assert reader.get("/Users").status_code == 200
        assert reader("POST", "/Users/.search", {}).status_code == 200
        response = reader(method, path.format(made["id"]), {"schemas": [USER], "userName": "bob"})
        assert response.status_code == 403
        assert 'error="insufficient_scope"' in response["WWW-Authenticate"]
        assert [user.username for user in User.objects.all()] == ["alice"]


class TestApps:
    """A confidential app with an access token for this API: the standards' way."""

    @pytest.fixture
    def token(self, signing_keys: None, cheap_passwords: None, settings: Any) -> Callable[..., str]:
        Api.objects.create(
            identifier=API, name="SCIM", scopes=["scim:read", "scim:write", "scim:vouch", "other"]
        )
        Api.objects.create(identifier="https://other.example", name="Other", scopes=["scim:write"])
        client = make_client(
            grant_types=["client_credentials"],
            redirect_uris=[],
            scopes=["scim:read", "scim:write", "scim:vouch", "other"],
            resources=[API, "https://other.example"],
        )
        settings.SCIM_APPS = [client.client_id]
        machine = App(client, consented="")

        def get(scope: str, resource: str | None = API) -> str:
            response = machine.token(grant_type="client_credentials", scope=scope, resource=resource)
            assert response.status_code == 200, response.content
            return str(json.loads(response.content)["access_token"])

        return get

    def test_reads_and_writes_by_its_scope(self, token: Callable[..., str]) -> None:
        app = Scim(token("scim:read scim:write"))
        made = app.user("bob", externalId="x")
        assert app.get(f"/Users/{made['id']}").json()["externalId"] == "x"
        reader = Scim(token("scim:read"))
        assert reader.get(f"/Users/{made['id']}").json()["externalId"] == "x"
        assert reader("DELETE", f"/Users/{made['id']}").status_code == 403
        assert not User.objects.get(username="bob").email_verified

    def test_vouches_by_its_scope(self, token: Callable[..., str]) -> None:
        Scim(token("scim:write scim:vouch")).user("bob", emails=[{"value": "b@x.example"}])
        assert User.objects.get(username="bob").email_verified

    @pytest.mark.parametrize(
        ("scope", "resource", "status"),
        [("other", API, 403), ("scim:write", "https://other.example", 401), ("scim:write", None, 401)],
    )
    def test_is_refused(
        self, token: Callable[..., str], scope: str, resource: str | None, status: int
    ) -> None:
        assert Scim(token(scope, resource)).get("/Users").status_code == status

    def test_s_130_an_app_that_the_operator_has_not_named_is_refused(
        self, token: Callable[..., str], settings: Any
    ) -> None:
        """Or else whoever manages apps could make one that writes people."""
        settings.SCIM_APPS = []
        assert Scim(token("scim:read scim:write")).get("/Users").status_code == 403

    def test_a_person_s_token_is_refused(self, app: App, settings: Any) -> None:
        settings.SCIM_APPS = [app.client.client_id]
        Api.objects.create(identifier=API, name="SCIM", scopes=["scim:read"], open_to_all=True)
        app.client.scopes = [*app.client.scopes, "scim:read"]
        app.client.first_party = True
        app.client.save()
        code = app.code(scope="openid scim:read", resource=API)
        answered = json.loads(app.redeem(code, resource=API).content)
        response = Scim(answered["access_token"]).get("/Users")
        assert response.status_code == 401
        assert "person" in response.json()["detail"]


class TestDiscovery:
    def test_the_configuration_says_what_there_is(self, scim: Scim) -> None:
        told = scim.get("/ServiceProviderConfig").json()
        supported = {name for name, each in told.items() if isinstance(each, dict) and each.get("supported")}
        assert supported == {"patch", "bulk", "filter", "sort", "etag", "changePassword"}
        assert told["filter"]["maxResults"] == schemas.LARGEST_PAGE
        assert (told["bulk"]["maxOperations"], told["bulk"]["maxPayloadSize"]) == (100, 262144)

    def test_every_attribute_of_the_schemas_can_be_written_or_is_read_only(self, scim: Scim) -> None:
        """Nothing is promised that is not kept: scim2-tester writes each one and reads it again."""
        told = scim.get("/Schemas").json()
        assert [each["id"] for each in told["Resources"]] == [
            "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group",
        ]  # fmt: skip
        one = scim.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").json()
        assert one == told["Resources"][0]

    def test_types_of_resources(self, scim: Scim) -> None:
        told = scim.get("/ResourceTypes").json()["Resources"]
        assert [(each["id"], each["endpoint"]) for each in told] == [("User", "/Users"), ("Group", "/Groups")]
        assert scim.get("/ResourceTypes/Group").json() == told[1]

    @pytest.mark.parametrize("path", ["/Schemas", "/ResourceTypes"])
    def test_a_filter_is_403(self, scim: Scim, path: str) -> None:
        """RFC 7644 section 4."""
        assert scim.get(f"{path}?filter=name%20pr").status_code == 403

    @pytest.mark.parametrize("path", ["/Me", "/Me/x"])
    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_me_is_501(self, scim: Scim, path: str, method: str) -> None:
        """RFC 7644 section 3.11."""
        response = scim(method, path, {} if method == "PATCH" else None)
        assert (response.status_code, response.json()["status"]) == (501, "501")

    @pytest.mark.parametrize(
        "path", ["/nothing", "/Users/1/2", "/Schemas/x", "/Schemas/a/b", "/users", "/Bulk/1"]
    )
    def test_elsewhere_is_404(self, scim: Scim, path: str) -> None:
        response = scim.get(path)
        assert (response.status_code, response.json()["status"]) == (404, "404")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a":' * 50 + b"1" + b"}" * 50,
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/Users"), ("PUT", "/Users/x"), ("PATCH", "/Users/x"), ("POST", "/Bulk"),
                         ("POST", "/.search")],
)  # fmt: skip
def test_s_015_what_is_no_json_object_is_400(scim: Scim, method: str, path: str, body: bytes) -> None:
    response = Client().generic(
        method, f"/scim/v2{path}", body, content_type="application/scim+json",
        HTTP_AUTHORIZATION=f"Bearer {scim.token}",
    )  # fmt: skip
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidSyntax")


@pytest.mark.parametrize(
    "pk", ["x", "%00", "1" * 5000, "'", "..", "%F0%9F%A6%8A", "00000000-0000-0000-0000-000000000000"]
)
@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_s_015_an_id_that_is_none_is_404(scim: Scim, kind: str, pk: str) -> None:
    assert scim.get(f"/{kind}/{pk}").status_code in (404, 400)


def test_the_library_is_loaded_by_the_first_request_and_not_with_the_process(tmp_path: Path) -> None:
    """Start and memory of a process are measured; pydantic would cost half a second and 30 MB."""
    code = (
        "import sys, django; django.setup(); import idp.urls;"
        "print({'pydantic', 'scim2_models', 'lark'} & set(sys.modules), 'idp.scim.door' in sys.modules)"
    )
    env = {"IDP_ISSUER": "http://localhost:8000", "IDP_SECRET_KEY": "x" * 60, "IDP_DATA_DIR": str(tmp_path),
           "IDP_ENCRYPTION_KEYS": "1:" + "A" * 43 + "=", "DJANGO_SETTINGS_MODULE": "idp.settings",
           "PATH": "/usr/bin"}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.split("\n")[0] == "set() True", done.stderr


def test_two_clients_may_have_the_same_value(scim: Scim) -> None:
    assert make_token("entra") != make_token("entra")


class TestAServerThatStarts:
    """What provisioning loads takes a second: whoever has it waits for that at the start, and nobody else does."""

    @pytest.fixture
    def loaded(self, signing_keys: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
        done: list[int] = []
        monkeypatch.setattr(start, "_load_provisioning", lambda: done.append(1))
        monkeypatch.setattr(start.connections, "close_all", lambda: None)  # this test's is one of them
        monkeypatch.setattr(start.gc, "freeze", lambda: None)

        def loaded() -> bool:
            start.before_fork(timezone.now())
            return bool(done)

        return loaded

    def test_loads_it_for_who_has_a_token(self, loaded: Callable[[], bool]) -> None:
        make_token()
        assert loaded()

    def test_loads_it_for_an_app_that_may_provision(self, loaded: Callable[[], bool], settings: Any) -> None:
        settings.SCIM_APPS = ["directory"]
        assert loaded()

    @pytest.mark.parametrize("over", ["revoked_at", "expires_at"])
    def test_does_not_for_a_token_that_is_no_more(self, loaded: Callable[[], bool], over: str) -> None:
        make_token()
        ScimToken.objects.update(**{over: timezone.now() - timedelta(seconds=1)})
        assert not loaded()
