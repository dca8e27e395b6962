"""Answers for the app's eyes only, by each algorithm; HS256; and subjects that differ from app to app."""

from collections.abc import Callable
from typing import Any

from authlib.jose import JsonWebEncryption
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.certification import judging
from tests.certification.exercises import answers
from tests.certification.exercises.table import Room, of
from tests.certification.key import Key
from tests.certification.party import CALLBACK, Party, as_json
from tests.certification.registering import register

ANSWERS = ("id_token", "userinfo", "authorization", "introspection")
WRAPPING, CONTENT = ("RSA-OAEP-256", "ECDH-ES+A256KW"), ("A128CBC-HS256", "A256GCM")
_PRIVATE = {
    "RSA-OAEP-256": rsa.generate_private_key(65537, 2048),
    "ECDH-ES+A256KW": ec.generate_private_key(ec.SECP256R1()),
}
_KIND = {"RSA-OAEP-256": RSAAlgorithm, "ECDH-ES+A256KW": ECAlgorithm}


def _app(room: Room, answer: str, alg: str, enc: str) -> Party:
    """An app that has a key to read by beside the one that it signs with."""
    key = Key()
    public = _KIND[alg].to_jwk(_PRIVATE[alg].public_key(), as_dict=True)
    public.pop("key_ops", None)  # PyJWT says of RSA keys that they verify
    keys = [*key.jwks["keys"], {**public, "use": "enc", "kid": "enc"}]
    said = {f"{answer}_encrypted_response_alg": alg, f"{answer}_encrypted_response_enc": enc}
    signed = {} if answer == "id_token" else {f"{answer}_signed_response_alg": "RS256"}
    return register(room.provider, key=key, jwks={"keys": keys}, **said, **signed)


def _came(room: Room, party: Party, answer: str) -> str:
    """The JWE, as it came."""
    if answer == "authorization":
        return answers.answer(room, party, response_mode="jwt").parameters["response"]
    tokens = party.redeem(party.ask(room.browser, party.request()).parameters["code"]).json()
    if answer == "id_token":
        return str(tokens["id_token"])
    if answer == "userinfo":
        return party.ask_userinfo(tokens["access_token"]).text
    headers = {"Accept": "application/token-introspection+jwt"}
    return party.post("introspection_endpoint", {"token": tokens["access_token"]}, headers).text


def _read(token: str, alg: str, enc: str) -> str:
    """By Authlib; what is inside is signed."""
    opened = JsonWebEncryption().deserialize_compact(token, _PRIVATE[alg])
    assert (opened["header"]["alg"], opened["header"]["enc"]) == (alg, enc)
    found: str = opened["payload"].decode()
    return found


def _encrypted(answer: str, *, by_enc: bool) -> Callable[[Room, str], None]:
    def exercise(room: Room, value: str) -> None:
        alg, enc = (WRAPPING[0], value) if by_enc else (value, CONTENT[0])
        party = _app(room, answer, alg, enc)
        signed = _read(_came(room, party, answer), alg, enc)
        _, claims = judging.verified(signed, room.provider.keys(signed), "RS256")
        assert (claims["iss"], claims["aud"]) == (room.provider.url, party.client_id)

    return exercise


for name in ANSWERS:
    of(f"{name}_encryption_alg_values_supported", *WRAPPING)(_encrypted(name, by_enc=False))
    of(f"{name}_encryption_enc_values_supported", *CONTENT)(_encrypted(name, by_enc=True))


def _by_secret(room: Room, **said: str) -> tuple[Party, dict[str, Any]]:
    """An admin's act, so by command; HS256 is with the app's own secret."""
    client = room.provider.client(
        client_name="HS256", redirect_uris=[CALLBACK], signet_require_pkce=False, **said
    )
    party = Party(room.provider, client)
    tokens = party.redeem(party.ask(room.browser, party.request()).parameters["code"]).json()
    return party, tokens


@of("id_token_signing_alg_values_supported", "HS256")
def id_token(room: Room, value: str) -> None:
    party, tokens = _by_secret(room, id_token_signed_response_alg=value)
    claims = judging.by_secret(tokens["id_token"], party.registration["client_secret"], value)
    assert (claims["iss"], claims["aud"]) == (room.provider.url, party.client_id)
    assert claims["at_hash"] == judging.half_hash(tokens["access_token"], value)


@of("userinfo_signing_alg_values_supported", "HS256")
def userinfo(room: Room, value: str) -> None:
    party, tokens = _by_secret(room, userinfo_signed_response_alg=value)
    answer = party.ask_userinfo(tokens["access_token"])
    claims = judging.by_secret(answer.text, party.registration["client_secret"], value)
    assert (claims["iss"], claims["aud"]) == (room.provider.url, party.client_id)


@of("subject_types_supported", "pairwise")
def pairwise(room: Room, value: str) -> None:
    """Another one in each sector, and the same within one."""
    hosts = ("one.example", "two.example")
    uris = [f"https://{host}/callback" for host in hosts]
    document = room.site.put("/sectors.json", as_json(uris))
    apart = [register(room.provider, redirect_uris=[uri], subject_type=value) for uri in uris]
    together = [
        register(room.provider, redirect_uris=[uri], subject_type=value, sector_identifier_uri=document)
        for uri in uris
    ]
    subjects = [party.sign_in(room.browser).id_token["sub"] for party in (*apart, *together)]
    assert subjects[0] != subjects[1]
    assert subjects[2] == subjects[3]
    assert room.provider.alice.sub not in subjects
