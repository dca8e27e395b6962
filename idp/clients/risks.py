"""What an admin has allowed an app that weakens it, in words for the admin."""

from datetime import datetime

from django.conf import settings

from idp.models import Client


def risks(client: Client, now: datetime) -> list[str]:
    found = []
    if client.self_registered:
        found.append("It registered itself: nobody has said yet that it is whose it claims to be.")
    if not client.require_pkce:
        found.append("It may sign people in without PKCE: a code that is stolen on the way can be used.")
    if not client.rotate_refresh_tokens:
        found.append("Its refresh tokens are not replaced at each use: a stolen one works until it expires.")
    if client.has_front_channel:
        front = ", ".join(name for name in client.response_types if name != "code")
        found.append(
            f"It may get tokens through the browser ({front}): histories, logs and scripts of its pages can read them."
        )
    live = [secret for secret in client.secrets.all() if secret.is_live(now)]
    if client.has_secret and not live:
        found.append("It has no secret, so it can't get any token.")
    elif client.secret_signs and not any(secret.sealed for secret in live):
        found.append("Its secrets are from before they had to sign: make a new one.")
    if client.signed_with_secret:
        found.append(
            "What it is sent is signed with its own secret (HS256): whoever has the secret can make ID tokens for it."
        )
    if missing := [name for name in client.signing_algorithms if name not in settings.KEYS_ALGORITHMS]:
        found.append(
            f"It is to get answers signed by {missing[0]}, which is not in IDP_KEY_ALGORITHMS any more: they fail."
        )
    if client.request_uris:
        found.append(
            "Whoever begins a sign-in at it makes this server fetch from the addresses of its requests."
        )
    if client.logo_origin:
        found.append(
            "Its logo is loaded from its own server: that hears of everybody who is about to sign in at it."
        )
    if client.lenient_request_objects:
        found.append(
            "Its requests need neither a signature nor an end: whoever made or found one can begin a sign-in with it."
        )
    if client.lenient_assertions:
        found.append(
            "Its assertions may be for an endpoint, and good for an hour: one made for another server might fit."
        )
    return found
