"""What is told of a person: scopes, claims, subjects."""

from tests.certification.exercises.table import Room, of
from tests.certification.judging import CLAIMS
from tests.certification.party import as_json
from tests.certification.registering import register

OF_THE_SIGN_IN = (
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash", "s_hash", "sid", "amr", "acr",
)  # fmt: skip
OF_THE_PERSON = (*set().union(*CLAIMS.values()), "groups")


@of("scopes_supported", "openid")
def openid(room: Room, value: str) -> None:
    assert register(room.provider).sign_in(room.browser, scope=value).tokens["id_token"]


@of("scopes_supported", *CLAIMS, "groups")
def scope(room: Room, value: str) -> None:
    found = register(room.provider).sign_in(room.browser, scope=f"openid {value}").userinfo
    assert CLAIMS.get(value, {"groups"}) <= set(found)


@of("scopes_supported", "offline_access")
def offline_access(room: Room, value: str) -> None:
    """Refresh tokens that outlive the person's session here."""
    party = register(room.provider, grant_types=["authorization_code", "refresh_token"])
    browser = room.provider.browser()
    found = party.sign_in(browser, scope=f"openid {value}")
    party.end_session(browser, id_token_hint=found.hint)
    party.refused(browser, "login_required", prompt="none")
    assert party.refresh(found.tokens["refresh_token"]).status_code == 200


@of("claims_supported", *OF_THE_SIGN_IN)
def claim_of_the_sign_in(room: Room, value: str) -> None:
    """In an ID token that comes beside a code and an access token; what it says is judged by `Party.finish`."""
    party = register(room.provider, "code id_token token")
    found = party.sign_in(room.browser, acr_values=" ".join(room.provider.metadata["acr_values_supported"]))
    assert found.front[value]


@of("claims_supported", *OF_THE_PERSON)
def claim_of_the_person(room: Room, value: str) -> None:
    """Asked for by itself, in either place."""
    wanted = {"id_token": {value: None}, "userinfo": {value: None}}
    found = register(room.provider).sign_in(room.browser, claims=as_json(wanted))
    assert found.id_token[value] == found.userinfo[value]
    assert found.userinfo[value] not in (None, "")


@of("claim_types_supported", "normal")
def claim_type(room: Room, value: str) -> None:
    """Values themselves, and not where to fetch them (OIDC Core section 5.6)."""
    found = register(room.provider).sign_in(room.browser, scope="openid profile").userinfo
    assert found["name"] == "Alice Liddell"
    assert not {"_claim_names", "_claim_sources"} & set(found)


@of("subject_types_supported", "public")
def subject_type(room: Room, value: str) -> None:
    """The same at every app."""
    parties = [register(room.provider, subject_type=value) for _ in range(2)]
    assert len({party.sign_in(room.browser).id_token["sub"] for party in parties}) == 1
