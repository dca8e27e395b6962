"""Whose account an identity opens: never by an e-mail address that provider and admin do not both stand for."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts import emails
from accounts.models import AuditEvent, Identity, OneTimeLink, Passkey, Session, User
from idp.upstream.linking import Facts, Owner, Way, decide
from tests.factories import PASSWORD, add_app, make_admin, make_session, make_user, sign_in
from tests.idp.app import make_grant
from tests.idp.upstream.fake import ISSUER, Fake, Trip, make_upstream, onward, refusal

pytestmark = pytest.mark.django_db
EMAIL = "carol@corp.example"


@pytest.mark.parametrize(
    ("facts", "way"),
    [
        (Facts(is_linked=True, email_counts=False), Way.SIGN_IN),
        (Facts(is_linked=True, email_counts=True, owner=Owner.ADMIN), Way.SIGN_IN),
        (Facts(is_linked=False, email_counts=False, may_create=True), Way.ASK),
        (Facts(is_linked=False, email_counts=False, owner=Owner.PERSON), Way.ASK),
        (Facts(is_linked=False, email_counts=True), Way.ASK),
        (Facts(is_linked=False, email_counts=True, may_create=True), Way.CREATE),
        (Facts(is_linked=False, email_counts=True, owner=Owner.PERSON), Way.LINK),
        (Facts(is_linked=False, email_counts=True, owner=Owner.PERSON, may_create=True), Way.LINK),
        (Facts(is_linked=False, email_counts=True, owner=Owner.UNPROVED), Way.LINK_ANEW),
        (Facts(is_linked=False, email_counts=True, owner=Owner.ADMIN, may_create=True), Way.ASK),
        (Facts(is_linked=False, email_counts=True, owner=Owner.DISABLED, may_create=True), Way.REFUSE),
    ],
)
def test_the_decision(facts: Facts, way: Way) -> None:
    assert decide(facts) is way


class TestByAddress:
    def test_links_where_both_stand_for_it_and_tells_the_person(self, trip: Trip, mails: Any) -> None:
        make_upstream(email_domains=["corp.example"])
        carol = make_user("carol", email=EMAIL, password=PASSWORD)
        assert trip.sign_in() == "/account/"
        assert Identity.objects.get().user == carol
        assert User.objects.get().check_password(PASSWORD), (
            "an address that was proved here keeps what it has"
        )
        assert "linked to yours: Elsewhere" in "".join(mail.subject for mail in mails())

    @pytest.mark.parametrize(
        ("domains", "claims"),
        [
            ([], {}),
            (["other.example"], {}),
            (["orp.example"], {}),
            (["corp.example"], {"email_verified": False}),
            (["corp.example"], {"email_verified": None}),
            (["corp.example"], {"email_verified": "true"}),
            (["corp.example"], {"email_verified": 1}),
            (["*"], {"email_verified": False}),
        ],
    )
    def test_s_103_never_by_an_address_that_only_one_or_nobody_stands_for(
        self, trip: Trip, fake: Fake, domains: list[str], claims: dict[str, Any]
    ) -> None:
        make_upstream(email_domains=domains, may_create=True)
        make_user("carol", email=EMAIL)
        fake.claims = claims
        assert trip.sign_in().startswith("/login/first-time/")
        assert not Identity.objects.exists()
        assert not Session.objects.exists()

    def test_s_101_the_page_is_the_same_whether_or_not_the_address_is_known_here(
        self, trip: Trip, fake: Fake
    ) -> None:
        make_upstream(may_create=True)
        unknown = trip.browser.get(trip.sign_in()).content.decode()
        make_user("carol", email=EMAIL)
        other = Trip(fake)
        known = other.browser.get(other.sign_in()).content.decode()

        def without_ids(page: str) -> str:
            import re

            return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|value=\"[A-Za-z0-9]{64}\"", "", page)

        assert without_ids(known) == without_ids(unknown)

    def test_an_admin_is_not_handed_over_by_an_address(self, trip: Trip) -> None:
        make_upstream(email_domains=["*"], may_create=True)
        admin = make_admin("carol", email=EMAIL)
        page = trip.sign_in()
        assert page.startswith("/login/first-time/")
        assert trip.browser.post(page, {"create": "1"}).status_code == 303
        newcomer = User.objects.exclude(pk=admin.pk).get()
        assert (newcomer.email, newcomer.is_staff) == ("", False)

    def test_somebody_disabled_is_not_let_in_by_it(self, trip: Trip) -> None:
        make_upstream(email_domains=["*"], may_create=True)
        make_user("carol", email=EMAIL, is_active=False)
        refusal(trip.go())
        assert not Identity.objects.exists()

    def test_of_an_unproved_address_what_a_stranger_prepared_opens_nothing_any_more(self, trip: Trip) -> None:
        """Pre-hijacking (Sudhodanan and Paverd 2022): password, factor, identity, session and link of Mallory's."""
        make_upstream(email_domains=["corp.example"])
        carol = make_user("carol", email=EMAIL, password=PASSWORD, email_verified_at=None)
        add_app(carol)
        Passkey.objects.create(
            user=carol, name="x", credential_id="x", public_key=b"x", created_at=timezone.now()
        )
        Identity.objects.create(
            user=carol, issuer="https://m.example", subject="m", created_at=timezone.now()
        )
        session = make_session(carol)
        from accounts import links

        token = links.issue(links.Purpose.EMAIL, carol, now=timezone.now(), address="mallory@m.example")
        given = make_grant(session)
        assert trip.sign_in() == "/account/"
        carol = User.objects.get()
        session.refresh_from_db()
        assert session.ended_at is not None
        assert not carol.has_usable_password()
        assert (carol.totps.count(), carol.passkeys.count()) == (0, 0)
        assert [each.issuer for each in carol.identities.all()] == [ISSUER]
        assert links.find(links.Purpose.EMAIL, token, now=timezone.now()) is None
        assert OneTimeLink.objects.count() == 1
        assert carol.email_verified_by == "upstream:elsewhere"
        assert Session.objects.filter(ended_at=None).count() == 1
        given.refresh_from_db()
        assert given.revoke_reason == "account begun anew"
        assert AuditEvent.objects.get(type="factor.reset").detail["grants"] == 1


class TestByTheirOwnWord:
    def test_the_account_here_is_proved_first_then_confirmed_and_they_arrive(
        self, trip: Trip, cheap_passwords: None
    ) -> None:
        make_upstream()
        carol = make_user("carol", password=PASSWORD)
        first = trip.sign_in(next="/account/sessions")
        page = trip.browser.get(first).content.decode()
        link = "/account/security/connect/" + first.rpartition("/")[2]
        assert link in page
        to_login = trip.browser.get(link)["Location"]
        assert to_login.startswith("/login?next=")
        assert not Identity.objects.exists()
        response = trip.browser.post(to_login, {"username": "carol", "password": PASSWORD})
        assert response["Location"] == link
        shown = trip.browser.get(link).content.decode()
        assert "carol@corp.example" in shown
        assert not Identity.objects.exists(), "looking links nothing"
        assert trip.browser.post(link, {"connect": "1"})["Location"] == "/account/sessions"
        assert Identity.objects.get().user == carol
        assert "identity.linked" in AuditEvent.objects.values_list("type", flat=True)
        assert trip.browser.post(link, {"connect": "1"}).status_code == 400, "once"

    def test_a_no_links_nothing(self, trip: Trip) -> None:
        make_upstream()
        carol = make_user("carol")
        link = "/account/security/connect/" + trip.sign_in().rpartition("/")[2]
        sign_in(trip.browser, carol)
        assert trip.browser.post(link, {"leave": "1"})["Location"] == "/account/security"
        assert not Identity.objects.exists()

    def test_s_108_an_old_sign_in_is_not_enough(self, trip: Trip) -> None:
        from datetime import timedelta

        make_upstream()
        link = "/account/security/connect/" + trip.sign_in().rpartition("/")[2]
        sign_in(trip.browser, make_user("carol"), now=timezone.now() - timedelta(minutes=11))
        assert "again=1" in trip.browser.post(link, {"connect": "1"})["Location"]
        assert not Identity.objects.exists()

    def test_another_browser_can_link_nothing(self, trip: Trip) -> None:
        make_upstream()
        link = "/account/security/connect/" + trip.sign_in().rpartition("/")[2]
        mallory = Browser()
        sign_in(mallory, make_user("mallory"))
        assert mallory.post(link, {"connect": "1"}).status_code == 400
        assert not Identity.objects.exists()

    def test_s_082_the_form_of_another_site_links_nothing(self, trip: Trip) -> None:
        make_upstream()
        trip.browser.handler.enforce_csrf_checks = True
        link = "/account/security/connect/" + trip.sign_in().rpartition("/")[2]
        sign_in(trip.browser, make_user("carol"))
        assert trip.browser.post(link, {"connect": "1"}).status_code == 403
        assert not Identity.objects.exists()


class TestTheSecurityPage:
    def test_links_another_after_asking(self, trip: Trip) -> None:
        make_upstream()
        carol = make_user("carol")
        sign_in(trip.browser, carol)
        assert "Link Elsewhere" in trip.browser.get("/account/security").content.decode()
        back = trip.go("/account/security/link/elsewhere")
        page = onward(back)
        assert not Identity.objects.exists()
        assert trip.browser.post(page, {"connect": "1"})["Location"] == "/account/security"
        assert Identity.objects.get().user == carol
        shown = trip.browser.get("/account/security").content.decode()
        assert "carol@corp.example" in shown
        assert "Link Elsewhere" not in shown

    def test_an_account_of_somebody_elses_is_refused(self, trip: Trip) -> None:
        make_upstream()
        bob, carol = make_user("bob"), make_user("carol")
        Identity.objects.create(user=bob, issuer=ISSUER, subject="s-1", created_at=timezone.now())
        sign_in(trip.browser, carol)
        page = onward(trip.go("/account/security/link/elsewhere"))
        refusal(trip.browser.post(page, {"connect": "1"}))
        assert Identity.objects.get().user == bob

    def test_what_somebody_began_is_not_linked_to_who_signs_in_meanwhile(self, trip: Trip) -> None:
        make_upstream()
        sign_in(trip.browser, make_user("bob"))
        page = onward(trip.go("/account/security/link/elsewhere"))
        sign_in(trip.browser, make_user("carol"))
        refusal(trip.browser.post(page, {"connect": "1"}))
        assert not Identity.objects.exists()

    def test_an_admin_who_only_looks_links_nothing(self, trip: Trip) -> None:
        make_upstream()
        sign_in(trip.browser, make_user("carol"), impersonated_by=make_admin().sub)
        assert trip.browser.get("/account/security/link/elsewhere").status_code == 403

    def test_unlinking_ends_other_sessions_and_is_written_down(self, trip: Trip) -> None:
        make_upstream()
        carol = make_user("carol", password=PASSWORD)
        identity = Identity.objects.create(
            user=carol, issuer=ISSUER, subject="s-1", created_at=timezone.now()
        )
        other, own = make_session(carol), sign_in(trip.browser, carol)
        trip.browser.post("/account/security", {"do": "unlink", "identity": identity.pk})
        assert not Identity.objects.exists()
        other.refresh_from_db()
        own.refresh_from_db()
        assert (other.ended_at is not None, own.ended_at) == (True, None)
        assert "identity.unlinked" in AuditEvent.objects.values_list("type", flat=True)

    def test_what_the_other_site_calls_it_is_text_and_no_format(
        self, trip: Trip, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
    ) -> None:
        make_upstream()
        carol = make_user("carol", password=PASSWORD, email="carol@example.com", locale="de")
        label = "joe%example.com@relay %(x)s"
        identity = Identity.objects.create(
            user=carol, issuer=ISSUER, subject="s", label=label, created_at=timezone.now()
        )
        sign_in(trip.browser, carol)
        with django_capture_on_commit_callbacks(execute=True):
            answer = trip.browser.post("/account/security", {"do": "unlink", "identity": identity.pk})
        assert answer.status_code == 303
        emails.wait()
        assert mailoutbox[-1].subject.startswith(f"Ein verknüpftes Konto wurde entfernt: {label}")

    @pytest.mark.parametrize("enabled", [True, False])
    def test_the_last_way_in_stays_and_one_that_is_switched_off_is_no_way(
        self, trip: Trip, enabled: bool
    ) -> None:
        make_upstream()
        make_upstream(name="Other", slug="other", issuer="https://other.example", enabled=enabled)
        carol = make_user("carol")
        for issuer in (ISSUER, "https://other.example"):
            Identity.objects.create(user=carol, issuer=issuer, subject="s", created_at=timezone.now())
        sign_in(trip.browser, carol)
        first = Identity.objects.get(issuer=ISSUER)
        trip.browser.post("/account/security", {"do": "unlink", "identity": first.pk})
        assert Identity.objects.filter(pk=first.pk).exists() is not enabled

    def test_somebody_elses_is_not_there_to_unlink(self, trip: Trip) -> None:
        identity = Identity.objects.create(
            user=make_user("bob", password=PASSWORD), issuer=ISSUER, subject="s", created_at=timezone.now()
        )
        sign_in(trip.browser, make_user("carol", password=PASSWORD))
        for chosen in (identity.pk, "x", "", "9" * 30):
            trip.browser.post("/account/security", {"do": "unlink", "identity": chosen})
        assert Identity.objects.exists()

    def test_the_last_passkey_may_go_when_another_site_signs_one_in(self, trip: Trip) -> None:
        make_upstream()
        carol = make_user("carol")
        Passkey.objects.create(
            user=carol, name="x", credential_id="x", public_key=b"x", created_at=timezone.now()
        )
        key = carol.passkeys.get()
        sign_in(trip.browser, carol, amr=["fed", "mfa"])
        trip.browser.post(f"/account/security/passkeys/{key.pk}", {"remove": "1"})
        assert carol.passkeys.exists()
        Identity.objects.create(user=carol, issuer=ISSUER, subject="s", created_at=timezone.now())
        trip.browser.post(f"/account/security/passkeys/{key.pk}", {"remove": "1"})
        assert not carol.passkeys.exists()


def test_the_persons_download_names_their_linked_accounts(db: None) -> None:
    from accounts import own_data

    carol = make_user("carol")
    Identity.objects.create(user=carol, issuer=ISSUER, subject="s-1", created_at=timezone.now())
    assert own_data.document(carol)["sign_in_methods"]["linked_accounts"][0]["subject"] == "s-1"
