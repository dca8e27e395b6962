"""What the provider signs for an app, by each algorithm: ID tokens, userinfo, introspection."""

from tests.certification import judging
from tests.certification.exercises.answers import ALGORITHMS
from tests.certification.exercises.authentication import tokens
from tests.certification.exercises.table import Room, of
from tests.certification.registering import register


@of("id_token_signing_alg_values_supported", *ALGORITHMS)
def id_token(room: Room, value: str) -> None:
    """From both endpoints, with the hashes that go with the algorithm."""
    party = register(room.provider, "code id_token token", id_token_signed_response_alg=value)
    party.id_token_alg = value
    found = party.sign_in(room.browser)
    assert found.front["at_hash"]
    assert found.back["at_hash"]


@of("userinfo_signing_alg_values_supported", *ALGORITHMS)
def userinfo(room: Room, value: str) -> None:
    party = register(room.provider, userinfo_signed_response_alg=value)
    answer = party.ask_userinfo(tokens(room, party)["access_token"])
    assert answer.headers["Content-Type"].partition(";")[0] == "application/jwt"
    _, claims = judging.verified(answer.text, room.provider.keys(answer.text), value)
    assert (claims["iss"], claims["aud"]) == (room.provider.url, party.client_id)


@of("introspection_signing_alg_values_supported", *ALGORITHMS)
def introspection(room: Room, value: str) -> None:
    """RFC 9701 section 5."""
    party = register(room.provider, introspection_signed_response_alg=value)
    kind = "application/token-introspection+jwt"
    asked = {"token": tokens(room, party)["access_token"]}
    answer = party.post("introspection_endpoint", asked, {"Accept": kind})
    assert answer.headers["Content-Type"].partition(";")[0] == kind
    header, claims = judging.verified(answer.text, room.provider.keys(answer.text), value)
    assert header["typ"] == "token-introspection+jwt"
    assert (claims["iss"], claims["aud"]) == (room.provider.url, party.client_id)
    assert claims["token_introspection"]["active"] is True
