"""Many at once, over several worker processes, on both engines: one wins, and nobody is accused falsely."""

from collections import Counter

import pytest

pytestmark = pytest.mark.engines


def outcomes(answers):
    return Counter("success" if answer.status_code == 200 else answer.json()["error"] for answer in answers)


def alive(server, tokens):
    """Whether userinfo still takes the access token."""
    return server.userinfo(tokens["access_token"]).status_code == 200


def test_s_023_of_fifty_redemptions_of_one_code_one_succeeds(server, app, visitor, at_once):
    for _ in range(3):
        redemption, _attempt = app.code(visitor)
        answers = at_once(50, lambda sent=redemption: server.token(app.registration, **sent))
        assert outcomes(answers) == {"success": 1, "invalid_grant": 49}


def test_s_024_the_other_forty_nine_are_replays_and_revoke_what_the_one_got(server, app, visitor, at_once):
    redemption, _ = app.code(visitor)
    answers = at_once(50, lambda: server.token(app.registration, **redemption))
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert not alive(server, winner)
    assert server.introspect(app.registration, winner["access_token"]) == {"active": False}
    assert app.refresh(winner["refresh_token"]).json()["error"] == "invalid_grant"


def test_s_024_a_code_replayed_later_revokes_what_came_of_it_also_after_refreshes(server, app, visitor):
    redemption, _ = app.code(visitor)
    first = server.token(app.registration, **redemption).json()
    second = app.refresh(first["refresh_token"]).json()
    assert alive(server, first)
    assert alive(server, second)
    assert server.token(app.registration, **redemption).json()["error"] == "invalid_grant"
    assert not alive(server, first)
    assert not alive(server, second)
    assert app.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_s_030_refreshes_at_once_get_one_and_the_same_successor(app, visitor, at_once):
    tokens = app.sign_in(visitor)
    answers = at_once(20, lambda: app.refresh(tokens["refresh_token"]))
    assert outcomes(answers) == {"success": 20}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


def test_s_031_refreshes_at_once_are_no_alarm_and_the_successor_works(server, app, visitor, at_once):
    tokens = app.sign_in(visitor)
    answers = at_once(20, lambda: app.refresh(tokens["refresh_token"]))
    assert all(alive(server, answer.json()) for answer in answers)
    assert app.refresh(answers[0].json()["refresh_token"]).status_code == 200


def test_s_030_many_generations_of_refreshes_at_once_stay_one_line(app, visitor, at_once):
    token = app.sign_in(visitor)["refresh_token"]
    for _ in range(5):
        answers = at_once(4, lambda token=token: app.refresh(token))
        assert outcomes(answers) == {"success": 4}
        (token,) = {answer.json()["refresh_token"] for answer in answers}


def test_s_031_an_old_refresh_token_revokes_the_family_once_its_successor_was_used(server, app, visitor):
    first = app.sign_in(visitor)
    second = app.refresh(first["refresh_token"]).json()
    third = app.refresh(second["refresh_token"]).json()
    assert alive(server, third)
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert not alive(server, third)
    assert app.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"


def test_s_031_reuse_at_once_never_leaves_a_living_token(server, app, visitor, at_once):
    first = app.sign_in(visitor)
    second = app.refresh(first["refresh_token"]).json()
    app.refresh(second["refresh_token"])
    answers = at_once(10, lambda: app.refresh(first["refresh_token"]))
    assert outcomes(answers) == {"invalid_grant": 10}
    assert not alive(server, second)


def test_sign_ins_at_once_of_one_person_all_succeed(app, visitor, at_once):
    app.sign_in(visitor)
    assert len({app.sign_in(visitor)["access_token"] for _ in range(2)}) == 2
    answers = at_once(8, lambda: app.sign_in(visitor.person))
    assert len({tokens["refresh_token"] for tokens in answers}) == 8
