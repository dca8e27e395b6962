"""What each member of a token's header and payload means, in one sentence, and where it comes from."""

from dataclasses import dataclass

from idp.protocol.scopes import KNOWN


@dataclass(frozen=True)
class Meaning:
    text: str
    source: str


PROVIDER, SESSION, REQUEST = "the provider", "the session", "the app's request"

HEADER = {
    "alg": Meaning("How the signature was made. A reader has its own list of what it allows.", PROVIDER),
    "typ": Meaning("What kind of token this is: JWT for an ID token, at+jwt for an access token.", PROVIDER),
    "kid": Meaning("The name of the key that signed, to be found in the JWKS.", PROVIDER),
    "jwk": Meaning(
        "A key that the token brings along. Only DPoP proofs may; anywhere else it is ignored.", "the sender"
    ),
    "crit": Meaning("Extensions that a reader has to understand, or else refuse the token.", "the sender"),
    "enc": Meaning("How the content is encrypted: this is a JWE.", PROVIDER),
    "cty": Meaning("What the content is; JWT when a token is inside.", PROVIDER),
}

_REGISTERED = {
    "iss": Meaning("Who made the token. A reader compares it letter by letter.", PROVIDER),
    "sub": Meaning("Who it is about: an id that stays the same for ever, and says nothing else.", PROVIDER),
    "aud": Meaning("Whom it is for. Everybody else has to refuse it.", "the app's registration"),
    "exp": Meaning("When it dies, in seconds since 1970.", PROVIDER),
    "iat": Meaning("When it was made.", PROVIDER),
    "nbf": Meaning("Not to be taken before this moment.", PROVIDER),
    "jti": Meaning("The token's own name, so that a single one can be revoked.", PROVIDER),
    "azp": Meaning("The app that it was given to.", PROVIDER),
    "client_id": Meaning("The app that got this access token.", "the app's registration"),
    "scope": Meaning("What the token may be used for.", "the app's request, as it was granted"),
    "cnf": Meaning(
        "The key that its holder has to prove: a thief of the token alone has nothing.", "the DPoP proof"
    ),
    "auth_time": Meaning("When the person last proved who they are.", SESSION),
    "amr": Meaning("How: pwd is a password.", SESSION),
    "acr": Meaning("The level that this way of signing in reaches.", SESSION),
    "sid": Meaning("The session at the provider, so that it can later be said that it ended.", SESSION),
    "nonce": Meaning(
        "What the app sent along. It has to be the same, or the token was made for another sign-in.", REQUEST
    ),
    "at_hash": Meaning("Half a hash of the access token beside it: the two belong together.", PROVIDER),
    "c_hash": Meaning("Half a hash of the code beside it.", PROVIDER),
    "s_hash": Meaning("Half a hash of the app's state.", REQUEST),
    "events": Meaning("What happened; in a logout token, that a session ended.", PROVIDER),
    "act": Meaning("Who acts on behalf of the subject.", PROVIDER),
}

_OF_PEOPLE = {
    "name": "The person's full name.",
    "family_name": "The family name.",
    "given_name": "The given name.",
    "middle_name": "The middle name.",
    "nickname": "How the person likes to be called.",
    "preferred_username": "The user name: good to show, never to recognise somebody by. It may change.",
    "profile": "The address of a page about the person.",
    "picture": "The address of a picture.",
    "website": "The address of the person's own page.",
    "gender": "What the person gave as gender.",
    "birthdate": "The date of birth.",
    "zoneinfo": "The time zone.",
    "locale": "Language and country.",
    "updated_at": "When these facts last changed.",
    "email": "The e-mail address. It may change and be given to somebody else: recognise people by sub.",
    "email_verified": "Whether somebody proved that the address is theirs.",
    "address": "The postal address.",
    "phone_number": "The phone number.",
    "phone_number_verified": "Whether the number was proven.",
    "groups": "The groups that the person is in, for the app to decide what they may do.",
}


def scope_of(claim: str, scopes: tuple[str, ...] = tuple(KNOWN)) -> str:
    """The one of `scopes` that asks for `claim`, or ""."""
    return next((name for name in scopes if name in KNOWN and claim in KNOWN[name].claims), "")


CLAIMS = _REGISTERED | {
    name: Meaning(text, f"the scope {scope_of(name)}") for name, text in _OF_PEOPLE.items()
}


def as_json() -> dict[str, dict[str, list[str]]]:
    """For the pages' scripts."""
    return {
        part: {name: [meaning.text, meaning.source] for name, meaning in table.items()}
        for part, table in (("header", HEADER), ("claims", CLAIMS))
    }
