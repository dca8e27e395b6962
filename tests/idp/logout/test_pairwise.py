"""Signing out at apps with pairwise subjects: they are told the `sub` and `sid` that they know, and no other."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import endings, sessions
from tests.idp.app import App, decoded, make_client
from tests.idp.logout.conftest import deliver
from tests.idp.logout.receiver import Receiver
from tests.idp.logout.test_frontchannel import LISTENS, frames, sign_out


@pytest.fixture
def make_pairwise(make_app: Callable[..., App]) -> Callable[..., App]:
    def make(**fields: str) -> App:
        app = make_app(make_client(subject_type="pairwise", **fields))
        app.sign_in()
        return app

    return make


def test_the_back_channel_says_what_the_id_token_said(
    make_pairwise: Callable[..., App], receiver: Receiver
) -> None:
    app = make_pairwise(backchannel_logout_uri=receiver.uri)
    known = decoded(app.tokens()["id_token"])
    session = app.user.sessions.get()
    sessions.end(session, reason="signed out", now=timezone.now())
    deliver()
    [told] = receiver.claims
    assert (told["sub"], told["sid"]) == (known["sub"], known["sid"])
    assert session.sid not in str(told)
    assert str(app.user.pk) not in str(told)
    [line] = endings.told([session.sid])[session.sid]
    assert line.name == app.client.name, "the ledger finds it by the session's own sid"


def test_the_front_channel_too(make_pairwise: Callable[..., App]) -> None:
    app = make_pairwise(frontchannel_logout_uri=LISTENS)
    known = decoded(app.tokens()["id_token"])
    [frame] = frames(sign_out(app))
    query = parse_qs(urlsplit(frame).query)
    assert (query["iss"], query["sid"]) == ([settings.ISSUER], [known["sid"]])


def test_each_app_of_a_session_is_told_its_own(make_pairwise: Callable[..., App], receiver: Receiver) -> None:
    first = make_pairwise(backchannel_logout_uri=receiver.uri)
    second = App(
        make_client(
            subject_type="pairwise",
            redirect_uris=["https://b.example/cb"],
            backchannel_logout_uri=receiver.uri,
        ),
        first.user,
        browser=first.browser,
    )
    known = {
        decoded(app.tokens()["id_token"])["aud"]: decoded(app.tokens()["id_token"]) for app in (first, second)
    }
    sessions.end(first.user.sessions.get(), reason="signed out", now=timezone.now())
    deliver()
    assert len(receiver.claims) == 2
    for told in receiver.claims:
        assert (told["sub"], told["sid"]) == tuple(known[told["aud"]][name] for name in ("sub", "sid"))
