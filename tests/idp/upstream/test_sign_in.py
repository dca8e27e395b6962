"""Signing in by another provider: the way there, the way back, and what the session says of it."""

import base64
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AuditEvent, Identity, PendingLogin, Session, User
from accounts.throttling import Limit
from idp.authorization import keeping
from idp.models import SavedRequest, Upstream, UpstreamVisit
from tests.factories import add_app, app_code, make_user, sign_in
from tests.idp.app import App, answer, decoded
from tests.idp.upstream.fake import CLIENT_ID, ISSUER, SECRET, Fake, Trip, make_upstream, onward, refusal

pytestmark = pytest.mark.django_db


def linked(user: User, subject: str = "s-1", issuer: str = ISSUER) -> Identity:
    return Identity.objects.create(user=user, issuer=issuer, subject=subject, created_at=timezone.now())


class TestTheWayThere:
    def test_carries_pkce_state_and_nonce_and_nothing_of_them_is_kept(self, trip: Trip) -> None:
        make_upstream()
        sent = trip.leave()
        assert sent["code_challenge_method"] == "S256"
        assert (sent["client_id"], sent["response_type"]) == (CLIENT_ID, "code")
        assert sent["redirect_uri"] == "http://localhost:8000/login/with/elsewhere/callback"
        assert sent["scope"] == "openid profile email"
        visit = UpstreamVisit.objects.get()
        kept = str(vars(visit))
        assert not any(sent[name] in kept for name in ("state", "nonce", "code_challenge"))

    def test_the_login_page_has_its_button_which_keeps_the_way_to_the_app(self, trip: Trip) -> None:
        make_upstream()
        page = trip.browser.get("/login?next=/account/sessions").content.decode()
        assert "Sign in with Elsewhere" in page
        assert "/login/with/elsewhere?next=%2Faccount%2Fsessions" in page

    @pytest.mark.parametrize("fields", [{"enabled": False}, {"shown": False}])
    def test_one_that_is_off_or_hidden_has_no_button(self, trip: Trip, fields: dict[str, Any]) -> None:
        make_upstream(**fields)
        assert "Elsewhere" not in trip.browser.get("/login").content.decode()
        assert trip.browser.get("/login/with/elsewhere").status_code == (404 if "enabled" in fields else 303)

    def test_s_005_it_leads_on_within_this_site_only(self, trip: Trip) -> None:
        make_upstream(may_create=True, email_domains=["corp.example"])
        assert trip.sign_in(next="https://evil.example/") == "/account/"

    def test_a_provider_that_is_down_is_a_page_with_the_way_back(self, trip: Trip) -> None:
        make_upstream()
        trip.fake.down = True
        response = trip.browser.get("/login/with/elsewhere?next=/account/sessions")
        assert "does not answer" in refusal(response)
        assert "/login?next=%2Faccount%2Fsessions" in response.content.decode()


class TestTheWayBack:
    def test_somebody_linked_is_signed_in_and_arrives_where_they_were_going(self, trip: Trip) -> None:
        make_upstream()
        carol = make_user("carol")
        identity = linked(carol)
        assert trip.sign_in(next="/account/sessions") == "/account/sessions"
        session = Session.objects.get()
        assert (session.user, session.amr) == (carol, ["fed"])
        identity.refresh_from_db()
        assert identity.last_used_at is not None

    def test_at_an_app_the_id_token_says_fed_and_no_level_is_reached_by_that(
        self, trip: Trip, make_app: Any
    ) -> None:
        make_upstream()
        carol = make_user("carol")
        linked(carol)
        app: App = make_app(user=carol, browser=trip.browser)
        app.authorize()
        back = trip.sign_in(next=f"/oauth2/authorize/{SavedRequest.objects.get().pk}")
        claims = decoded(app.redeem(answer(trip.browser.get(back))["code"]).json()["id_token"])
        assert claims["amr"] == ["fed"]
        assert "acr" not in claims

    def test_it_is_one_client_secret_basic_form_urlencoded(self, trip: Trip, fake: Fake) -> None:
        """RFC 6749 section 2.3.1; what Authlib sends by itself is not."""
        make_upstream(may_create=True, email_domains=["corp.example"])
        trip.sign_in()
        ((_, _, headers, data),) = fake.asked_for(f"{ISSUER}/token")
        name, _, secret = (
            base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        )
        assert (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, SECRET)
        assert data["grant_type"] == "authorization_code"
        assert data["redirect_uri"].endswith("/login/with/elsewhere/callback")
        assert "client_secret" not in data

    def test_claims_that_the_id_token_lacks_come_from_userinfo_about_the_same_person(
        self, trip: Trip, fake: Fake
    ) -> None:
        make_upstream(may_create=True, email_domains=["corp.example"])
        fake.metadata = {"userinfo_endpoint": f"{ISSUER}/me"}
        fake.claims = {"email": None, "email_verified": None}
        fake.pages[f"{ISSUER}/me"] = {"sub": "s-1", "email": "carol@corp.example", "email_verified": True}
        trip.sign_in()
        assert User.objects.get().email == "carol@corp.example"
        fake.pages[f"{ISSUER}/me"] = {"sub": "s-2", "email": "bob@corp.example", "email_verified": True}
        assert "could not be trusted" in refusal(Trip(fake).go())

    def test_names_are_kept_current_if_the_admin_wants_that(self, trip: Trip, fake: Fake) -> None:
        upstream = make_upstream(refresh_claims=True)
        carol = make_user("carol", name="Old")
        linked(carol)
        trip.sign_in()
        carol.refresh_from_db()
        assert carol.name == "Carol Danvers"
        Upstream.objects.filter(pk=upstream.pk).update(refresh_claims=False)
        fake.claims = {"name": "Another"}
        Trip(fake).sign_in()
        carol.refresh_from_db()
        assert carol.name == "Carol Danvers"

    def test_logging_out_here_stays_here(self, trip: Trip, fake: Fake) -> None:
        make_upstream()
        linked(make_user("carol"))
        trip.sign_in()
        asked = len(fake.asked)
        trip.browser.post("/logout")
        assert Session.objects.get().ended_at is not None
        assert len(fake.asked) == asked


class TestNewPeople:
    def test_are_made_with_their_groups_where_the_admin_allows_it(
        self, trip: Trip, cheap_passwords: None
    ) -> None:
        chess, powerful = Group.objects.create(name="chess"), Group.objects.create(name="powerful")
        from django.contrib.auth.models import Permission

        powerful.permissions.add(Permission.objects.first())
        make_upstream(may_create=True, email_domains=["corp.example"], groups=[chess, powerful])
        assert trip.sign_in() == "/account/"
        carol = User.objects.get()
        assert (carol.username, carol.email, carol.name) == ("carol", "carol@corp.example", "Carol Danvers")
        assert carol.email_verified_by == "upstream:elsewhere"
        assert not carol.has_usable_password()
        assert list(carol.groups.all()) == [chess], "S-130: none that opens the admin"

    def test_get_another_user_name_where_theirs_is_somebody_elses(self, trip: Trip) -> None:
        make_user("carol", email="other@example.com")
        make_upstream(may_create=True, email_domains=["corp.example"])
        trip.sign_in()
        assert User.objects.get(email="carol@corp.example").username == "carol-2"

    def test_are_asked_where_nobody_stands_for_the_address(self, trip: Trip) -> None:
        make_upstream(may_create=True)
        page = trip.sign_in(next="/account/sessions")
        assert page.startswith("/login/first-time/")
        assert "I am new" in trip.browser.get(page).content.decode()
        response = trip.browser.post(page, {"create": "1"})
        assert response["Location"] == "/account/sessions"
        carol = User.objects.get()
        assert (carol.email, carol.username) == ("", "carol")
        assert trip.browser.post(page, {"create": "1"}).status_code == 400, "once"
        assert User.objects.count() == 1

    def test_are_not_made_where_the_admin_does_not_allow_it(self, trip: Trip) -> None:
        make_upstream(email_domains=["corp.example"])
        page = trip.sign_in()
        shown = trip.browser.get(page).content.decode()
        assert "ask your admin" in shown
        trip.browser.post(page, {"create": "1"})
        assert not User.objects.exists()

    def test_a_page_of_another_browser_decides_nothing(self, trip: Trip) -> None:
        make_upstream(may_create=True)
        page = trip.sign_in()
        assert Browser().post(page, {"create": "1"}).status_code == 400
        assert not User.objects.exists()


class TestPolicies:
    """S-103: a second factor is not skipped by federation."""

    def test_s_103_a_second_factor_is_asked_for_after_it(self, trip: Trip) -> None:
        make_upstream()
        carol = make_user("carol")
        add_app(carol)
        linked(carol)
        assert trip.sign_in(next="/account/sessions").startswith("/login/second-factor")
        assert not Session.objects.exists()
        pending = PendingLogin.objects.get()
        response = trip.browser.post(
            "/login/second-factor", {"code": app_code(), "factor": "app", "login": pending.pk}
        )
        assert response.status_code in (302, 303), response.content.decode()[-800:]
        assert Session.objects.get().amr[0] == "fed"

    @pytest.mark.parametrize(
        ("claims", "fields", "amr"),
        [
            ({"amr": ["pwd", "mfa"]}, {}, None),
            ({"amr": ["pwd", "mfa"]}, {"trusted_amr": ["mfa"]}, ["fed", "mfa"]),
            ({"amr": ["pwd"]}, {"trusted_amr": ["mfa"]}, None),
            ({"amr": "mfa"}, {"trusted_amr": ["mfa"]}, None),
            ({"amr": ["root", "mfa"]}, {"trusted_amr": ["root", "mfa"]}, ["fed", "mfa"]),
            ({"acr": "strong"}, {"trusted_acr": ["strong"]}, ["fed", "mfa"]),
            ({"acr": "weak"}, {"trusted_acr": ["strong"]}, None),
        ],
    )
    def test_s_103_unless_the_admin_trusts_its_word(
        self, trip: Trip, fake: Fake, claims: dict[str, Any], fields: dict[str, Any], amr: list[str] | None
    ) -> None:
        make_upstream(**fields)
        carol = make_user("carol")
        add_app(carol)
        linked(carol)
        fake.claims = claims
        to = trip.sign_in()
        session = Session.objects.first()
        assert (session.amr if session else None) == amr
        assert (to == "/account/") is (amr is not None)

    def test_disabled_here_stays_disabled(self, trip: Trip) -> None:
        make_upstream()
        linked(make_user("carol", is_active=False))
        assert "may not be used here" in refusal(trip.go())
        assert not Session.objects.exists()

    @pytest.mark.parametrize(
        ("fields", "claims", "is_let_in"),
        [
            ({"allowed_domains": ["corp.example"]}, {}, True),
            ({"allowed_domains": ["other.example"]}, {}, False),
            ({"allowed_domains": ["corp.example"]}, {"email_verified": False}, False),
            ({"allowed_domains": ["corp.example"]}, {"email": "x@corp.example.evil.example"}, False),
            ({"allowed_domains": ["corp.example"]}, {"email": None}, False),
        ],
    )
    def test_only_the_domains_that_the_admin_allows(
        self, trip: Trip, fake: Fake, fields: dict[str, Any], claims: dict[str, Any], is_let_in: bool
    ) -> None:
        make_upstream(**fields)
        linked(make_user("carol"))
        fake.claims = claims
        trip.go()
        assert Session.objects.exists() is is_let_in


class TestFreshSignIns:
    def test_confirming_that_it_is_you_asks_anew_there_and_looks_at_auth_time(
        self, trip: Trip, fake: Fake
    ) -> None:
        make_upstream()
        carol = make_user("carol")
        linked(carol)
        before = sign_in(trip.browser, carol, amr=["fed"])
        page = trip.browser.get("/login?again=1&next=/account/security").content.decode()
        assert "Sign in with Elsewhere" in page
        sent = trip.leave(again="1", next="/account/security")
        assert (sent["prompt"], sent["max_age"]) == ("login", "0")
        fake.claims = {"auth_time": int(timezone.now().timestamp())}
        assert onward(trip.come_back(sent)) == "/account/security"
        after = Session.objects.get(sid=before.sid)
        assert after.auth_time > before.auth_time

    @pytest.mark.parametrize("auth_time", [None, 1, "now", True])
    def test_a_sign_in_that_was_not_made_anew_is_no_confirmation(
        self, trip: Trip, fake: Fake, auth_time: Any
    ) -> None:
        make_upstream()
        carol = make_user("carol")
        linked(carol)
        before = sign_in(trip.browser, carol, amr=["fed"])
        fake.claims = {"auth_time": auth_time}
        assert "password or a passkey instead" in refusal(trip.go(again="1"))
        assert Session.objects.get(sid=before.sid).auth_time == before.auth_time

    def test_whoever_has_a_factor_of_ours_shows_that_one_then(self, trip: Trip, fake: Fake) -> None:
        make_upstream(trusted_amr=["mfa"])
        carol = make_user("carol")
        add_app(carol)
        linked(carol)
        sign_in(trip.browser, carol, amr=["fed"])
        fake.claims = {"amr": ["mfa"]}
        assert trip.sign_in(again="1").startswith("/login/second-factor")

    def test_another_persons_account_confirms_nothing_and_changes_nobody(
        self, trip: Trip, fake: Fake
    ) -> None:
        make_upstream(may_create=True, email_domains=["corp.example"])
        carol = make_user("carol", email="c@example.com")
        linked(carol, "s-9")
        session = sign_in(trip.browser, carol)
        fake.claims = {"auth_time": int(timezone.now().timestamp())}
        assert "another person" in refusal(trip.go(again="1"))
        assert User.objects.count() == 1
        session.refresh_from_db()
        assert session.ended_at is None

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({"prompt": "login"}, {"prompt": "login", "max_age": "0"}),
            ({"max_age": "120"}, {"max_age": "120"}),
            ({}, {}),
        ],
    )
    def test_what_the_app_asks_is_passed_on(
        self, trip: Trip, make_app: Any, asked: dict[str, str], expected: dict[str, str]
    ) -> None:
        make_upstream()
        app: App = make_app(browser=trip.browser)
        app.authorize(**asked)
        waiting = SavedRequest.objects.get()
        sent = trip.leave(next=f"/oauth2/authorize/{waiting.pk}")
        assert {name: sent[name] for name in ("prompt", "max_age") if name in sent} == expected

    def test_a_level_that_is_trusted_is_asked_for(self, trip: Trip) -> None:
        make_upstream(trusted_acr=["strong", "stronger"])
        assert trip.leave(needs="mfa")["acr_values"] == "strong stronger"


class TestWhatIsWrittenDown:
    def test_a_sign_in_and_a_refusal_with_its_reason_and_no_secret(self, trip: Trip, fake: Fake) -> None:
        make_upstream()
        linked(make_user("carol"))
        trip.sign_in()
        fake.claims = {"nonce": "other"}
        Trip(fake).go()
        events = AuditEvent.objects.order_by("id")
        assert [event.type for event in events] == ["login.succeeded", "login.failed"]
        assert events[1].detail == {"factor": "upstream:elsewhere", "reason": "wrong nonce"}

    def test_a_stranger_who_makes_up_answers_writes_nothing(self, trip: Trip) -> None:
        make_upstream()
        refusal(trip.browser.get("/login/with/elsewhere/callback?code=x&state=y"))
        assert not AuditEvent.objects.exists()


def test_s_014_visits_of_strangers_are_counted_by_block(trip: Trip, monkeypatch: pytest.MonkeyPatch) -> None:
    """M7: each begun sign-in is a row of ours."""
    make_upstream()
    monkeypatch.setattr(keeping._throttle, "subject_limit", Limit(free=3, step=60, longest=60))
    answers = [trip.browser.get("/login/with/elsewhere") for _ in range(10)]
    assert answers[0].status_code == 303
    assert "Too many sign-ins" in refusal(answers[-1])
    assert UpstreamVisit.objects.count() <= 4
