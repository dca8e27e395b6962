"""The options of `manage.py client`, and what they say in the words of client metadata."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from sys import stdin
from typing import Any

from idp.clients import metadata
from idp.clients.json_values import MAX_DOCUMENT
from idp.management import app_pages
from idp.models import Client
from idp.models.client_encryption import ANSWERS
from idp.protocol import response_types
from keys.encryption import CONTENT, WRAPPING

# Option → (name in the metadata, keyword arguments of add_argument). What is repeated becomes a list.
REPEATED = {
    "--redirect-uri": ("redirect_uris", "where people return to after signing in"),
    "--post-logout-redirect-uri": ("post_logout_redirect_uris", "where people return to after signing out"),
    "--request-uri": ("request_uris", "where the server may fetch its signed requests"),
    "--group": ("signet_groups", "only members may use it; the default is everybody"),
    "--audience": ("signet_audiences", "an API that its access tokens are for"),
    "--resource": ("signet_resources", "a registered API that it may ask tokens for"),
    "--contact": ("contacts", "an e-mail address of the people behind it"),
}
PLAIN: dict[str, tuple[str, str]] = {
    "--jwks-uri": ("jwks_uri", "where its public keys are, for private_key_jwt and signed requests"),
    "--required-acr": ("signet_required_acr", "sign-in levels of which one has to be reached, with spaces"),
    "--home-page": ("client_uri", "its address, for people"),
    "--logo": ("logo_uri", "address of its logo"),
    "--backchannel-logout-uri": ("backchannel_logout_uri", "where its server hears of sessions that end"),
    "--sector-identifier-uri": ("sector_identifier_uri", "a list of the redirect URIs that share subjects"),
    "--frontchannel-logout-uri": ("frontchannel_logout_uri", "its page that browsers load on signing out"),
}
# Option → (name in the metadata, what it may be, meaning). A choice of "" takes what was chosen back.
CHOSEN: dict[str, tuple[str, Sequence[str], str]] = {
    "--auth-method": ("token_endpoint_auth_method", Client.AuthMethod.values, "how it proves who it is"),
    "--subject-type": ("subject_type", Client.SubjectType.values, "what people are called there, for ever"),
    "--id-token-alg": (
        "id_token_signed_response_alg",
        Client.IdTokenAlgorithm.values,
        "signs its ID tokens; HS256 with its secret, for an app that can do nothing else",
    ),
    "--userinfo-alg": (
        "userinfo_signed_response_alg",
        ["", *Client.UserinfoSignedBy.values],
        "signs its userinfo",
    ),
    **{
        f"--{answer.replace('_', '-')}-encryption-{member}": (
            f"{answer}_encrypted_response_{member}",
            ["", *names],
            f"encrypts its {answer} ({member})",
        )
        for answer in ANSWERS
        for member, names in (("alg", WRAPPING), ("enc", CONTENT))
    },
}


def add_settings(parser: ArgumentParser) -> None:
    for option, (name, meaning) in REPEATED.items():
        parser.add_argument(option, action="append", dest=name, help=f"{meaning}; may be repeated")
    for option, (name, meaning) in PLAIN.items():
        parser.add_argument(option, dest=name, help=meaning)
    parser.add_argument(
        "--scope", action="append", help="a scope that it may ask for, or several with spaces"
    )
    parser.add_argument("--grant-type", action="append", dest="grant_types", choices=Client.GrantType.values)
    parser.add_argument(
        "--response-type",
        action="append",
        dest="response_types",
        choices=response_types.NAMES,
        help="what its answers hold; all but code send tokens through the browser; may be repeated",
    )
    for option, (name, choices, meaning) in CHOSEN.items():
        parser.add_argument(option, dest=name, choices=choices, help=meaning)
    parser.add_argument(
        "--public", action="store_true", help="it can't keep a secret: in a browser or on a phone"
    )
    parser.add_argument("--native", action="store_true", help="installed on a phone or computer")
    parser.add_argument(
        "--first-party", action="store_true", help="your own app: people are not asked for consent"
    )
    parser.add_argument("--alg", choices=Client.Algorithm.values, help="signs its ID and access tokens")
    parser.add_argument(
        "--jwks-file", metavar="FILE", help="its public keys as a JWK set, in place of --jwks-uri"
    )
    parser.add_argument(
        "--from-metadata",
        metavar="FILE",
        help="client metadata of RFC 7591 as JSON, - for standard input; options win over it",
    )


def document(options: dict[str, Any]) -> dict[str, object]:
    """What the template, the file over it and the options over both say. Raises InvalidClientMetadata."""
    said = {**app_pages.registration(options), **_from_file(options["from_metadata"])}
    if options["name"]:
        said["client_name"] = options["name"]
    names = [*(name for name, _ in (REPEATED | PLAIN).values()), *(name for name, _, _ in CHOSEN.values())]
    for name in (*names, "grant_types", "response_types"):
        if options[name] is not None:
            said[name] = None if options[name] == "" else options[name]
    if options["scope"]:
        said["scope"] = " ".join(options["scope"])
    if options["public"]:
        said["token_endpoint_auth_method"] = Client.AuthMethod.NONE.value
    if options["jwks_file"]:
        said |= {"jwks": _from_file(options["jwks_file"]), "jwks_uri": None}
    elif options["jwks_uri"]:
        said["jwks"] = None
    if options["native"]:
        said["application_type"] = Client.Type.NATIVE.value
    if options["first_party"]:
        said["signet_first_party"] = True
    if options["alg"]:
        said["signet_access_token_signed_response_alg"] = options["alg"]
        said["id_token_signed_response_alg"] = options["id_token_signed_response_alg"] or options["alg"]
    return said


def _from_file(path: str | None) -> dict[str, object]:
    if path is None:
        return {}
    if path == "-":
        return metadata.parse(stdin.buffer.read(MAX_DOCUMENT + 1))
    with Path(path).open("rb") as file:
        return metadata.parse(file.read(MAX_DOCUMENT + 1))
