"""Claims of the admin's own: from lists, by scope, never run (S-131); and what they cost."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.models import Attribute, User
from idp.clients import registry
from idp.models import ClaimMapping
from tests.factories import make_admin, make_user, sign_in
from tests.idp.app import App, decoded, make_client
from tests.idp.endpoints.test_encrypted_answers import JWKS, opened
from tests.idp.test_costs import cost  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db


def mapped(claim: str, source: str, scope: str = "team", transform: str = "") -> ClaimMapping:
    mapping = ClaimMapping(claim=claim, source=source, scope=scope, transform=transform)
    mapping.full_clean()
    mapping.save()
    return mapping


@pytest.fixture
def user(db: None) -> User:
    return make_user(
        "ada",
        email="Ada@Example.com",
        attributes={"team": ["Web", "Data"], "level": 3, "remote": False, "city": "Bath"},
    )


@pytest.mark.parametrize(
    ("source", "transform", "value"),
    [
        ("attribute.team", "", ["Web", "Data"]),
        ("attribute.team", "lower", ["web", "data"]),
        ("attribute.team", "first", "Web"),
        ("attribute.team", "joined", "Web,Data"),
        ("attribute.city", "list", ["Bath"]),
        ("attribute.city", "upper", "BATH"),
        ("attribute.city", "first", "Bath"),
        ("attribute.level", "", 3),
        ("attribute.level", "text", "3"),
        ("attribute.level", "lower", 3),
        ("attribute.level", "joined", 3),
        ("attribute.remote", "", False),
        ("attribute.remote", "text", "false"),
        ("attribute.nothing", "text", None),
        ("field.email", "domain", "example.com"),
        ("field.email", "local_part", "ada"),
        ("field.nickname", "", None),
        ("field.groups", "", None),
    ],
)
def test_a_claim_is_its_source_shown_so(user: User, source: str, transform: str, value: Any) -> None:
    assert mapped("thing", source, transform=transform).value(user) == value


@pytest.mark.parametrize(
    "change",
    [
        *({"claim": name} for name in ("sub", "iss", "aud", "email", "email_verified", "amr", "a b", "1st", "")),
        *({"source": name} for name in ("", "attribute.", "field.password", "field.is_superuser", "field.__class__",
                                        "code.x", "{{ user.password }}", "field.save")),
        *({"transform": name} for name in ("eval", "lambda x: x", "{{ value }}")),
        *({"scope": name} for name in ("", "a b", 'a"b', "openid", "offline_access")),
    ],
)  # fmt: skip
def test_s_131_whatever_is_not_in_the_lists_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        mapped(**{"claim": "team", "source": "attribute.team", "scope": "team", **change})


class TestAtAnApp:
    @pytest.fixture
    def team_app(self, make_app: Callable[..., App]) -> App:
        app = make_app(make_client(scopes=["openid", "profile", "team"]), consented="openid profile team")
        app.user.attributes = {"team": ["web"]}
        app.user.save()
        app.sign_in()
        return app

    def claims(self, app: App, scope: str) -> tuple[dict[str, Any], dict[str, Any]]:
        tokens = app.tokens(scope=scope)
        id_token = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        return id_token, app.userinfo(tokens["access_token"]).json()

    def test_is_told_with_its_scope_and_not_without(self, team_app: App) -> None:
        mapped("teams", "attribute.team")
        for found in self.claims(team_app, "openid team"):
            assert found["teams"] == ["web"]
        for found in self.claims(team_app, "openid profile"):
            assert "teams" not in found

    def test_may_take_the_place_of_ours(self, team_app: App) -> None:
        mapped("preferred_username", "field.email", scope="profile")
        for found in self.claims(team_app, "openid profile"):
            assert found["preferred_username"] == team_app.user.email

    def test_is_not_told_where_the_app_may_not_have_the_scope(self, make_app: Callable[..., App]) -> None:
        app = make_app(make_client(scopes=["openid"]), consented="openid")
        app.user.attributes = {"team": ["web"]}
        app.user.save()
        app.sign_in()
        mapped("teams", "attribute.team")
        for found in self.claims(app, "openid team"):
            assert "teams" not in found

    def test_a_change_is_heard_of_at_once(self, team_app: App) -> None:
        mapping = mapped("teams", "attribute.team")
        assert "teams" in self.claims(team_app, "openid team")[1]
        mapping.transform = "joined"
        mapping.save()
        assert self.claims(team_app, "openid team")[1]["teams"] == "web"
        mapping.delete()
        assert "teams" not in self.claims(team_app, "openid team")[1]

    def test_the_consent_page_shows_the_value(self, team_app: App) -> None:
        from idp.authorization import consent

        mapped("teams", "attribute.team")
        [item] = consent.items(team_app.user, registry.find(team_app.client.client_id), ("team",))  # type: ignore[arg-type]
        assert item.values == ("web",)

    @pytest.mark.parametrize("mappings", [0, 3])
    def test_costs_no_statement(self, team_app: App, cost: Callable, mappings: int) -> None:  # noqa: F811
        for number in range(mappings):
            mapped(f"team{number}", "attribute.team")
        tokens = team_app.tokens(scope="openid profile team")
        code = team_app.code(scope="openid profile team")
        with cost() as spent:
            team_app.redeem(code)
        assert spent == {"reads": 2, "writes": 1, "signatures": 2}
        with cost() as spent:
            found = team_app.userinfo(tokens["access_token"]).json()
        assert spent == {"reads": 2}
        assert sum(name.startswith("team") for name in found) == mappings


class TestProtectedAnswers:
    """The same claims where answers are encrypted, signed with a secret, or about a person known by another name."""

    @pytest.fixture
    def signed_in(self, signing_keys: None) -> Callable[..., App]:
        def make(**fields: Any) -> App:
            app = App(make_client(**fields))
            app.user.attributes = {"team": ["web"]}
            app.user.save()
            app.sign_in()
            mapped("teams", "attribute.team", scope="profile")
            mapped("person", "field.subject", scope="profile")
            return app

        return make

    def test_encrypted(self, signed_in: Callable[..., App]) -> None:
        app = signed_in(
            id_token_encrypted_response_alg="RSA-OAEP-256",
            userinfo_encrypted_response_alg="RSA-OAEP-256",
            jwks=JWKS,
        )
        tokens = app.tokens(scope="openid profile")
        assert decoded(opened(tokens["id_token"])[0])["teams"] == ["web"]
        content, _ = opened(app.userinfo(tokens["access_token"]).content.decode())
        assert json.loads(content)["teams"] == ["web"]

    def test_signed_with_the_apps_secret(self, signed_in: Callable[..., App]) -> None:
        app = signed_in(id_token_signed_response_alg="HS256")
        token = app.tokens(scope="openid profile")["id_token"]
        assert jwt.decode(token, app.secret, ["HS256"], audience=app.client.client_id)["teams"] == ["web"]

    def test_pairwise_the_subject_is_the_apps_own(self, signed_in: Callable[..., App]) -> None:
        app = signed_in(subject_type="pairwise")
        tokens = app.tokens(scope="openid profile")
        for found in (decoded(tokens["id_token"]), app.userinfo(tokens["access_token"]).json()):
            assert found["teams"] == ["web"]
            assert found["person"] == found["sub"]
            assert str(app.user.pk) not in str(found)


class TestTheAdmin:
    def test_offers_the_attributes_and_fields(self, browser_of_olga: Browser) -> None:
        Attribute.objects.create(name="team", label="Team")
        page = browser_of_olga.get("/admin/idp/claimmapping/add/").content.decode()
        assert 'value="attribute.team"' in page
        assert 'value="field.email"' in page
        data = {"claim": "teams", "source": "attribute.team", "transform": "lower", "scope": "team"}
        assert browser_of_olga.post("/admin/idp/claimmapping/add/", data).status_code == 302
        assert ClaimMapping.objects.get().claim == "teams"

    def test_s_131_takes_nothing_else(self, browser_of_olga: Browser) -> None:
        data = {"claim": "x", "source": "field.password", "transform": "", "scope": "team"}
        assert browser_of_olga.post("/admin/idp/claimmapping/add/", data).status_code == 200
        assert not ClaimMapping.objects.exists()

    @pytest.fixture
    def browser_of_olga(self) -> Browser:
        browser = Browser()
        sign_in(browser, make_admin("olga"))
        return browser


def test_the_command_maps_lists_and_deletes(capsys: pytest.CaptureFixture[str]) -> None:
    Attribute.objects.create(name="team", label="Team")
    call_command("claim", "create", "teams", "--attribute", "team", "--scope", "team", "--json")
    expected = [{"claim": "teams", "source": "attribute.team", "transform": "", "scope": "team"}]
    assert json.loads(capsys.readouterr().out) == expected
    call_command("claim", "list", "--json")
    assert json.loads(capsys.readouterr().out) == expected
    for arguments in (
        ["create", "sub", "--field", "email", "--scope", "x"],
        ["create", "x", "--attribute", "nothing", "--scope", "x"],
        ["delete", "nothing"],
    ):
        with pytest.raises(CommandError):
            call_command("claim", *arguments)
    call_command("claim", "delete", "teams", "--json")
    assert not ClaimMapping.objects.exists()
