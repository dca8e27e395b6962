"""A provider, or somebody between, that lies: each lie is a page with the way back, and nobody is let in.

S-050 to S-058 for upstream ID tokens; RFC 9207 and RFC 9700 sections 4.4 and 4.7 for the answer itself.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Identity, Session, User
from idp.models import UpstreamVisit
from idp.outbound import Fetched
from idp.upstream import metadata
from idp.upstream.metadata import Unusable
from tests.factories import make_user
from tests.idp.signing_app import key, public
from tests.idp.upstream.fake import CLIENT_ID, ISSUER, Fake, Trip, make_upstream, onward, refusal

pytestmark = pytest.mark.django_db
NOW = int(time.time())


@pytest.fixture(autouse=True)
def carol(fake: Fake) -> User:
    """Linked, and at a provider that may do whatever an admin can allow: only proof is missing."""
    make_upstream(may_create=True, email_domains=["*"])
    carol = make_user("carol")
    Identity.objects.create(user=carol, issuer=ISSUER, subject="s-1", created_at=timezone.now())
    return carol


def nobody_came_in() -> None:
    assert not Session.objects.exists()
    assert User.objects.count() == 1
    assert Identity.objects.count() == 1


def test_an_honest_answer_signs_in(trip: Trip) -> None:
    """So that the table below fails for its own reasons."""
    assert trip.sign_in() == "/account/"
    assert Session.objects.count() == 1


LIES: dict[str, Callable[[Fake], Any]] = {
    "wrong nonce": lambda fake: fake.claims.update(nonce="another"),
    "no nonce": lambda fake: fake.claims.update(nonce=None),
    "empty nonce": lambda fake: fake.claims.update(nonce=""),
    "wrong aud": lambda fake: fake.claims.update(aud="another-app"),
    "aud of many without azp": lambda fake: fake.claims.update(aud=[CLIENT_ID, "another"]),
    "wrong azp": lambda fake: fake.claims.update(azp="another"),
    "wrong azp among many": lambda fake: fake.claims.update(aud=[CLIENT_ID, "another"], azp="another"),
    "wrong iss": lambda fake: fake.claims.update(iss="https://mallory.example"),
    "iss with a slash": lambda fake: fake.claims.update(iss=f"{ISSUER}/"),
    "expired": lambda fake: fake.claims.update(exp=NOW - 3600),
    "no exp": lambda fake: fake.claims.update(exp=None),
    "exp a string": lambda fake: fake.claims.update(exp=str(NOW + 300)),
    "no iat": lambda fake: fake.claims.update(iat=None),
    "iat of yesterday": lambda fake: fake.claims.update(iat=NOW - 86400),
    "iat of tomorrow": lambda fake: fake.claims.update(iat=NOW + 86400),
    "no sub": lambda fake: fake.claims.update(sub=None),
    "sub a number": lambda fake: fake.claims.update(sub=1),
    "sub too long": lambda fake: fake.claims.update(sub="s" * 256),
    "wrong at_hash": lambda fake: fake.claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "another typ": lambda fake: fake.header.update(typ="at+jwt"),
    "unknown crit": lambda fake: fake.header.update(crit=["x"], x=1),
    "unknown kid": lambda fake: fake.header.update(kid="unknown"),
    "another's key under the same kid": lambda fake: setattr(fake, "keys", [public("RS256", "two", kid="one")]),
    "an alg that was not announced": lambda fake: (
        setattr(fake, "algorithm", "ES256"), setattr(fake, "keys", [public("ES256")]),
        fake.metadata.update(id_token_signing_alg_values_supported=["RS256"]),
    ),
    "no ID token": lambda fake: setattr(fake, "token", {"access_token": "at", "token_type": "Bearer"}),
    "an ID token of another type": lambda fake: setattr(
        fake, "token", {"access_token": "at", "token_type": "Bearer", "id_token": 1}
    ),
    "no access token": lambda fake: setattr(fake, "token", {"token_type": "Bearer", "id_token": "x"}),
    "an error for the code": lambda fake: setattr(fake, "token", {"error": "invalid_grant"}),
    "an error of another type": lambda fake: setattr(fake, "token", {"error": ["x"]}),
    "no JSON": lambda fake: fake.pages.update({f"{ISSUER}/token": Fetched(200, "text/html", b"<html>")}),
    "JSON of another shape": lambda fake: fake.pages.update({f"{ISSUER}/token": ["x"]}),
    "a fault of its own": lambda fake: fake.pages.update({f"{ISSUER}/token": Fetched(503, "text/html", b"")}),
    "metadata of another issuer": lambda fake: fake.metadata.update(issuer="https://mallory.example"),
    "keys that are none": lambda fake: fake.pages.update({f"{ISSUER}/keys": {"keys": "x"}}),
    "userinfo about somebody else": lambda fake: (
        fake.metadata.update(userinfo_endpoint=f"{ISSUER}/me"), fake.claims.update(email=None),
        fake.pages.update({f"{ISSUER}/me": {"sub": "s-2"}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_s_050_an_answer_is_refused_when(trip: Trip, fake: Fake, lie: str) -> None:
    if lie == "metadata of another issuer":
        LIES[lie](fake)
        refusal(trip.browser.get("/login/with/elsewhere"))
    else:
        sent = trip.leave()
        LIES[lie](fake)
        metadata.forget()
        refusal(trip.come_back(sent))
    nobody_came_in()


def _pem() -> bytes:
    return (
        key("RS256")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _hs256_with_the_public_key(claims: dict[str, Any]) -> str:
    import hashlib
    import hmac
    from base64 import urlsafe_b64encode as encode

    head = {"alg": "HS256", "typ": "JWT", "kid": "one"}
    body = b".".join(encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims))
    return (body + b"." + encode(hmac.digest(_pem(), body, hashlib.sha256)).rstrip(b"=")).decode()


@pytest.mark.parametrize(
    "forge",
    [
        lambda claims: pyjwt.encode(claims, "", algorithm="none"),
        lambda claims: pyjwt.encode(claims, "a secret that is long enough for it" * 2, algorithm="HS256"),
        _hs256_with_the_public_key,
        lambda claims: "a.b.c",
        lambda claims: "",
        lambda claims: "x" * 70_000,
    ],
    ids=["alg none", "HS256", "HS256 with the public key", "three letters", "empty", "long"],
)
def test_s_051_a_forged_id_token_is_refused(
    trip: Trip, fake: Fake, forge: Callable[[dict[str, Any]], str]
) -> None:
    sent = trip.leave()
    honest = pyjwt.decode(fake.id_token(), options={"verify_signature": False})
    fake.token = {"access_token": "at", "token_type": "Bearer", "id_token": forge(honest)}
    refusal(trip.come_back(sent))
    nobody_came_in()


class TestTheAnswer:
    def test_of_another_browser_is_refused_and_does_not_use_up_the_visit(self, trip: Trip) -> None:
        sent = trip.leave()
        mallory = Trip(trip.fake, Browser())
        mallory.leave()
        trip.fake.nonce, trip.fake.challenge = sent["nonce"], sent["code_challenge"]
        assert "another browser" in refusal(mallory.come_back(sent))
        nobody_came_in()
        assert onward(trip.come_back(sent)) == "/account/"

    def test_works_once(self, trip: Trip) -> None:
        sent = trip.leave()
        assert onward(trip.come_back(sent)) == "/account/"
        assert "used already" in refusal(trip.come_back(sent))

    def test_that_was_refused_is_used_up_too(self, trip: Trip, fake: Fake) -> None:
        sent = trip.leave()
        fake.claims = {"nonce": "another"}
        refusal(trip.come_back(sent))
        fake.claims = {}
        assert "used already" in refusal(trip.come_back(sent))
        nobody_came_in()

    def test_is_refused_after_ten_minutes(self, trip: Trip) -> None:
        sent = trip.leave()
        UpstreamVisit.objects.update(expires_at=timezone.now())
        refusal(trip.come_back(sent))
        nobody_came_in()

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "https://mallory.example"},
            {"iss": f"{ISSUER}/"},
            {"code": None},
            {"code": ""},
            {"code": None, "error": "server_error"},
            {"state": None},
            {"state": ""},
            {"state": "made-up"},
            {"state": "\x01"},
        ],
        ids=str,
    )
    def test_is_refused_with(self, trip: Trip, changes: dict[str, str | None]) -> None:
        refusal(trip.go(back=changes))
        nobody_came_in()

    def test_that_lacks_iss_is_refused_where_it_was_promised(self, trip: Trip, fake: Fake) -> None:
        """RFC 9207 section 2.4: mix-up."""
        fake.metadata = {"authorization_response_iss_parameter_supported": True}
        refusal(trip.go())
        nobody_came_in()
        assert onward(Trip(fake).go(back={"iss": ISSUER})) == "/account/"

    def test_of_one_provider_is_none_of_anothers(self, trip: Trip, fake: Fake) -> None:
        """RFC 9700 section 4.4: the redirect URI is each provider's own."""
        make_upstream(name="Other", slug="other", issuer="https://other.example")
        sent = trip.leave()
        refusal(Trip(fake, trip.browser, "other").come_back(sent))
        nobody_came_in()

    def test_with_a_parameter_twice_is_refused(self, trip: Trip) -> None:
        sent = trip.leave()
        query = f"code=a&code=b&state={sent['state']}"
        refusal(trip.browser.get(f"/login/with/elsewhere/callback?{query}"))
        nobody_came_in()

    def test_that_the_person_said_no_is_said_in_plain_words(self, trip: Trip) -> None:
        words = refusal(
            trip.go(back={"code": None, "error": "access_denied", "error_description": "<b>x</b>"})
        )
        assert "was not finished" in words
        assert "<b>x" not in words

    def test_of_a_provider_that_was_switched_off_meanwhile_is_not_there(self, trip: Trip) -> None:
        from idp.models import Upstream

        sent = trip.leave()
        Upstream.objects.update(enabled=False)
        assert trip.come_back(sent).status_code == 404
        nobody_came_in()


class TestKeys:
    def test_a_new_kid_is_fetched_once_and_then_known(self, trip: Trip, fake: Fake) -> None:
        trip.sign_in()
        fake.key, fake.keys = "two", [public("RS256", "two")]
        assert Trip(fake).sign_in() == "/account/"
        assert len(fake.asked_for(f"{ISSUER}/keys")) == 2

    def test_s_070_kids_without_end_are_a_few_fetches(self, trip: Trip, fake: Fake) -> None:
        trip.sign_in()
        for number in range(12):
            fake.header = {"kid": f"unknown-{number}"}
            refusal(Trip(fake).go())
        assert len(fake.asked_for(f"{ISSUER}/keys")) <= 5

    def test_metadata_is_fetched_once_in_an_hour(self, trip: Trip, fake: Fake) -> None:
        for _ in range(3):
            Trip(fake).sign_in()
        assert len(fake.asked_for(f"{ISSUER}/.well-known/openid-configuration")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": "http://elsewhere.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": ["x"]},
    ],
    ids=str,
)
def test_metadata_is_refused_with(fake: Fake, change: dict[str, Any]) -> None:
    with pytest.raises(Unusable):
        metadata.read({**fake.document(), **change}, ISSUER)


def test_s_070_a_provider_inside_our_network_is_never_fetched(db: None) -> None:
    """By the real client for fetches: an address that an admin typed is held to the same rules."""
    metadata.forget()
    make_upstream(name="Inside", slug="inside", issuer="https://127.0.0.1:9")
    refusal(Browser().get("/login/with/inside"))
