"""The kinds of providers, against answers as their documentation has them (idp/upstream/presets.py)."""

import time
from typing import Any
from uuid import UUID

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Identity, Session, User
from idp.models import Upstream
from idp.outbound import Fetched
from idp.upstream import buttons, presets
from tests.factories import make_user
from tests.idp.signing_app import key
from tests.idp.upstream.fake import CLIENT_ID, Fake, Trip, make_upstream, onward, query_of, refusal

pytestmark = pytest.mark.django_db
TENANT, OTHER = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "82229342-1101-4ab6-817b-70c0747630f3"
MICROSOFT = "https://login.microsoftonline.com"


def came(trip: Trip, **back: str | None) -> str:
    """Where the trip led, or "refused"."""
    response = trip.go(back=dict(back))
    return onward(response) if response.status_code == 200 else "refused"


class TestGoogle:
    @pytest.fixture(autouse=True)
    def google(self, fake: Fake) -> Upstream:
        fake.issuer = "https://accounts.google.com"
        return make_upstream(preset="google", issuer="", email_domains=["*"], may_create=True)

    @pytest.mark.parametrize(
        ("claims", "counts"),
        [
            ({"email": "carol@gmail.com"}, True),
            ({"email": "carol@corp.example", "hd": "corp.example"}, True),
            ({"email": "carol@corp.example"}, False),
            ({"email": "carol@gmail.com", "email_verified": False}, False),
            ({"email": "carol@gmail.com.evil.example"}, False),
        ],
    )
    def test_speaks_for_gmail_and_the_domains_of_workspace(
        self, trip: Trip, fake: Fake, claims: dict[str, Any], counts: bool
    ) -> None:
        fake.claims = claims
        assert (came(trip) == "/account/") is counts

    def test_is_held_to_the_hosted_domain(self, trip: Trip, fake: Fake, google: Upstream) -> None:
        google.tenants = ["corp.example"]
        google.save()
        fake.claims = {"hd": "other.example"}
        assert came(trip) == "refused"
        fake.claims = {"hd": None, "email": "carol@gmail.com"}
        assert came(Trip(fake)) == "refused"
        fake.claims = {"hd": "corp.example"}
        assert came(Trip(fake)) == "/account/"

    def test_is_not_asked_for_what_it_does_not_know(self, trip: Trip) -> None:
        from tests.factories import sign_in

        sign_in(trip.browser, make_user("carol"))
        assert trip.leave("/account/security/link/elsewhere")["prompt"] == "select_account"
        sent = trip.leave(again="1")
        assert "prompt" not in sent
        assert sent["max_age"] == "0"


class TestEntra:
    @pytest.fixture
    def several(self, fake: Fake) -> Upstream:
        """The address that Microsoft has for the accounts of any organisation, whose metadata has a template."""
        fake.issuer = f"{MICROSOFT}/{TENANT}/v2.0"
        fake.metadata = {"issuer": f"{MICROSOFT}/{{tenantid}}/v2.0"}
        fake.claims = {"tid": TENANT, "email_verified": None}
        return make_upstream(
            preset="entra", issuer="", tenants=[TENANT], may_create=True, email_domains=["*"]
        )

    def test_the_issuer_of_a_token_is_the_template_with_its_tenant(
        self, trip: Trip, fake: Fake, several: Upstream
    ) -> None:
        assert came(trip).startswith("/login/first-time/")
        assert fake.asked[0][1] == f"{MICROSOFT}/organizations/v2.0/.well-known/openid-configuration"

    @pytest.mark.parametrize(
        "claims",
        [
            {"tid": OTHER},  # the issuer is of another tenant than tid says
            {"iss": f"{MICROSOFT}/{OTHER}/v2.0"},
            {"tid": None},
            {"tid": "{tenantid}", "iss": f"{MICROSOFT}/{{tenantid}}/v2.0"},
            {"tid": "x/../y", "iss": f"{MICROSOFT}/x/../y/v2.0"},
            {"tid": OTHER, "iss": f"{MICROSOFT}/{OTHER}/v2.0"},  # genuine, and not on the list
            {"iss": f"{MICROSOFT}/{{tenantid}}/v2.0"},
        ],
        ids=str,
    )
    def test_another_tenants_people_are_refused(
        self, trip: Trip, fake: Fake, several: Upstream, claims: dict[str, Any]
    ) -> None:
        fake.claims |= claims
        assert came(trip) == "refused"

    @pytest.mark.parametrize("tenant", ["x/../y", "{tenantid}", "", "common", TENANT.upper()])
    def test_a_tenant_is_a_guid_even_where_all_may_come(
        self, trip: Trip, fake: Fake, several: Upstream, tenant: str
    ) -> None:
        several.tenants = ["*"]
        several.save()
        fake.claims |= {"tid": tenant, "iss": f"{MICROSOFT}/{tenant}/v2.0"}
        assert came(trip) == "refused"

    def test_the_same_sub_of_another_tenant_is_another_person(
        self, trip: Trip, fake: Fake, several: Upstream
    ) -> None:
        several.tenants = ["*"]
        several.save()
        carol = make_user("carol")
        Identity.objects.create(
            user=carol, issuer=f"{MICROSOFT}/{TENANT}/v2.0", subject="s-1", created_at=timezone.now()
        )
        assert came(trip) == "/account/"
        fake.claims |= {"tid": OTHER, "iss": f"{MICROSOFT}/{OTHER}/v2.0"}
        assert came(Trip(fake)).startswith("/login/first-time/")

    @pytest.mark.parametrize(
        ("claims", "counts"),
        [
            ({}, False),
            ({"email_verified": True}, False),
            ({"xms_edov": False}, False),
            ({"xms_edov": "0"}, False),
            ({"xms_edov": True}, True),
            ({"xms_edov": "1"}, True),
        ],
    )
    def test_an_address_counts_by_xms_edov_alone(
        self, trip: Trip, fake: Fake, several: Upstream, claims: dict[str, Any], counts: bool
    ) -> None:
        """Any tenant writes any address into `email` (nOAuth)."""
        carol = make_user("carol", email="carol@corp.example")
        fake.claims |= claims
        assert (came(trip) == "/account/") is counts
        assert carol.identities.exists() is counts

    def test_one_tenant_is_an_issuer_like_any_other(self, trip: Trip, fake: Fake) -> None:
        fake.issuer = f"{MICROSOFT}/{TENANT}/v2.0"
        fake.claims = {"tid": TENANT}
        make_upstream(preset="entra", issuer=fake.issuer, may_create=True)
        assert came(trip).startswith("/login/first-time/")
        fake.claims = {"tid": OTHER, "iss": f"{MICROSOFT}/{OTHER}/v2.0"}
        assert came(Trip(fake)) == "refused"

    def test_the_identities_of_all_tenants_come_by_its_button(self, several: Upstream) -> None:
        way = buttons.way(several)
        assert way.gives(f"{MICROSOFT}/{TENANT}/v2.0")
        assert not way.gives(f"{MICROSOFT}/v2.0")
        assert not way.gives("https://elsewhere.example")

    def test_several_tenants_have_to_be_named(self) -> None:
        with pytest.raises(ValidationError, match="Name the tenants"):
            make_upstream(preset="entra", issuer="")
        with pytest.raises(ValidationError, match="GUID"):
            make_upstream(preset="entra", issuer="", tenants=["corp.example"])


class TestGitHub:
    """OAuth 2: a user and an e-mail API in place of an ID token."""

    @pytest.fixture(autouse=True)
    def github(self, fake: Fake) -> Upstream:
        fake.issuer = "https://github.com"
        fake.token = {"access_token": "gho_x", "token_type": "bearer", "scope": "read:user,user:email"}
        fake.pages = {
            "https://github.com/login/oauth/access_token": fake.token,
            "https://api.github.com/user": {
                "login": "octocat",
                "id": 583231,
                "name": "The Octocat",
                "email": None,
            },
            "https://api.github.com/user/emails": [
                {"email": "spare@corp.example", "verified": True, "primary": False, "visibility": None},
                {"email": "octocat@corp.example", "verified": True, "primary": True, "visibility": "private"},
            ],
        }
        return make_upstream(preset="github", issuer="", may_create=True, email_domains=["corp.example"])

    def test_signs_in_by_the_number_and_the_primary_verified_address(self, trip: Trip, fake: Fake) -> None:
        sent = trip.leave()
        assert sent["scope"] == "read:user user:email"
        assert "nonce" not in sent
        assert onward(trip.come_back(sent)) == "/account/"
        person, identity = User.objects.get(), Identity.objects.get()
        assert (person.username, person.email) == ("octocat", "octocat@corp.example")
        assert (identity.issuer, identity.subject) == ("https://github.com", "583231")
        ((_, _, headers, data),) = fake.asked_for("https://github.com/login/oauth/access_token")
        assert (data["client_id"], "client_secret" in data) == (CLIENT_ID, True)
        assert headers["Accept"] == "application/json"
        ((_, _, headers, _),) = fake.asked_for("https://api.github.com/user")
        assert headers["Authorization"] == "Bearer gho_x"

    @pytest.mark.parametrize(
        "emails",
        [
            [{"email": "octocat@corp.example", "verified": False, "primary": True}],
            [{"email": "octocat@corp.example", "verified": True, "primary": False}],
            [{"email": "octocat@corp.example", "verified": "true", "primary": True}],
            [],
            {"message": "x"},
        ],
        ids=str,
    )
    def test_an_address_that_is_not_verified_is_none(self, trip: Trip, fake: Fake, emails: Any) -> None:
        fake.pages["https://api.github.com/user/emails"] = emails
        make_user("octocat", email="octocat@corp.example")
        assert came(trip).startswith("/login/first-time/")
        assert not Identity.objects.exists()

    @pytest.mark.parametrize(
        "person",
        [{"login": "x"}, {"id": "583231"}, {"id": True}, [], Fetched(401, "application/json", b"{}"),
         Fetched(200, "text/html", b"<html>")],
        ids=["no id", "text", "boolean", "list", "401", "html"],
    )  # fmt: skip
    def test_nobody_is_named_by(self, trip: Trip, fake: Fake, person: Any) -> None:
        fake.pages["https://api.github.com/user"] = person
        assert came(trip) == "refused"
        assert not User.objects.exists()

    def test_an_error_comes_with_status_200(self, trip: Trip, fake: Fake) -> None:
        error = {
            "error": "bad_verification_code",
            "error_description": "The code passed is incorrect or expired.",
        }
        fake.pages["https://github.com/login/oauth/access_token"] = error
        assert came(trip) == "refused"

    def test_a_new_sign_in_can_not_be_asked_of_it(self, trip: Trip) -> None:
        from tests.factories import sign_in

        octocat = make_user("octocat")
        Identity.objects.create(
            user=octocat, issuer="https://github.com", subject="583231", created_at=timezone.now()
        )
        sign_in(trip.browser, octocat, amr=["fed"])
        assert "passkey instead" in refusal(trip.go(again="1"))

    def test_an_enterprise_server_has_its_api_under_its_own_host(self, fake: Fake) -> None:
        from idp.upstream import metadata

        own = make_upstream(slug="own", preset="github", issuer="https://ghe.corp.example")
        found = metadata.of(own, timezone.now())
        assert found.userinfo_endpoint == "https://ghe.corp.example/api/v3/user"
        assert found.token_endpoint == "https://ghe.corp.example/login/oauth/access_token"


class TestGitLab:
    def test_is_any_provider_with_an_address_of_its_own(self, trip: Trip, fake: Fake) -> None:
        fake.issuer = "https://gitlab.com"
        fake.metadata = {
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": "https://gitlab.com/oauth/userinfo",
            "claims_supported": [
                "iss",
                "sub",
                "aud",
                "exp",
                "iat",
                "sub_legacy",
                "name",
                "email",
                "email_verified",
            ],
        }
        fake.claims = {
            "sub": "24",
            "sub_legacy": "4fa2",
            "email_verified": None,
            "email": None,
            "groups_direct": ["a"],
        }
        fake.pages["https://gitlab.com/oauth/userinfo"] = {
            "sub": "24", "name": "Carol", "nickname": "carol", "preferred_username": "carol",
            "email": "carol@corp.example", "email_verified": True, "groups": ["a"],
        }  # fmt: skip
        make_upstream(preset="gitlab", issuer="", may_create=True, email_domains=["corp.example"])
        assert came(trip) == "/account/"
        assert Identity.objects.get().subject == "24"
        assert User.objects.get().email == "carol@corp.example"


class TestApple:
    @pytest.fixture(autouse=True)
    def apple(self, fake: Fake) -> Upstream:
        fake.issuer = "https://appleid.apple.com"
        fake.metadata = {
            "token_endpoint": "https://appleid.apple.com/auth/token",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        fake.claims = {
            "sub": "001999.a.0638", "email": "carol@privaterelay.appleid.com", "email_verified": "true",
            "is_private_email": "true", "nonce_supported": True, "name": None, "given_name": None,
            "preferred_username": None, "auth_time": int(time.time()),
        }  # fmt: skip
        upstream = make_upstream(
            preset="apple", issuer="", client_id=CLIENT_ID, team_id="TEAM123456", key_id="KEY1234567",
            may_create=True, email_domains=["privaterelay.appleid.com"],
        )  # fmt: skip
        pem = key("ES256").private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        buttons.seal(upstream, pem.decode())
        upstream.save()
        return upstream

    def test_posts_its_answer_across_sites_and_the_person_is_signed_in(self, trip: Trip, fake: Fake) -> None:
        trip.browser.handler.enforce_csrf_checks = True
        sent = trip.leave()
        assert sent["response_mode"] == "form_post"
        form = {
            "state": sent["state"],
            "code": "c-1",
            "user": '{"name":{"firstName":"Carol","lastName":"Danvers"},"email":"mallory@corp.example"}',
        }
        from django.test import Client as Browser

        across = Browser(enforce_csrf_checks=True)  # SameSite=Lax: no cookie of ours comes with it
        to = onward(across.post("/login/with/elsewhere/callback", form_body(form), **FORM))
        assert to.startswith("/login/with/elsewhere/callback?")
        assert query_of(to)["code"] == ["c-1"]
        assert onward(trip.browser.get(to)) == "/account/"
        carol = User.objects.get()
        assert (carol.name, carol.email) == ("Carol Danvers", "carol@privaterelay.appleid.com")

    def test_is_shown_a_secret_that_the_admins_key_signed(self, trip: Trip, fake: Fake) -> None:
        trip.go()
        ((_, _, _, data),) = fake.asked_for("https://appleid.apple.com/auth/token")
        header = pyjwt.get_unverified_header(data["client_secret"])
        assert (header["alg"], header["kid"]) == ("ES256", "KEY1234567")
        claims = pyjwt.decode(
            data["client_secret"], key("ES256").public_key(), ["ES256"], audience="https://appleid.apple.com"
        )
        assert (claims["iss"], claims["sub"]) == ("TEAM123456", CLIENT_ID)
        assert 0 < claims["exp"] - claims["iat"] <= 15777000

    def test_a_key_of_another_kind_is_a_page_and_no_fault(self, trip: Trip, apple: Upstream) -> None:
        buttons.seal(apple, "no key")
        apple.save()
        assert came(trip) == "refused"

    @pytest.mark.parametrize(
        "user", ["", "x", "[]", '{"name":1}', '{"name":{"firstName":["a"]}}', "[" * 2000]
    )
    def test_a_name_that_makes_no_sense_is_left_out(self, trip: Trip, user: str) -> None:
        assert came(trip, user=user) == "/account/"

    def test_somebody_who_turned_back_reads_so(self, trip: Trip) -> None:
        response = trip.go(back={"code": None, "error": "user_cancelled_authorize"})
        assert "was not finished" in refusal(response)

    def test_needs_the_names_of_team_and_key(self) -> None:
        with pytest.raises(ValidationError, match="team ID"):
            make_upstream(slug="x", preset="apple", issuer="")


FORM = {
    "content_type": "application/x-www-form-urlencoded",
    "headers": {"Origin": "https://appleid.apple.com"},
}


def form_body(form: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(form)


def test_every_kind_has_a_row() -> None:
    assert set(presets.KINDS) == set(Upstream.Preset.values)


def test_s_140_the_secret_is_sealed_for_this_provider_alone_and_sealed_anew() -> None:
    from keys import sealing
    from tests.idp.upstream.fake import SECRET

    one, two = make_upstream(), make_upstream(slug="two")
    assert SECRET not in one.sealed_secret
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(one.sealed_secret, context=two.sealed_for)
    assert isinstance(one.pk, UUID)
    assert buttons.rewrap() == 0
    Upstream.objects.filter(pk=one.pk).update(sealed_secret=one.sealed_secret.replace("1.", "0.", 1))
    with pytest.raises(sealing.CannotOpen):
        buttons.rewrap()
    assert Session.objects.count() == 0
