"""What an admin has allowed an app that weakens it, in words for the admin."""

from datetime import datetime

from idp.models import Client


def risks(client: Client, now: datetime) -> list[str]:
    found = []
    if not client.require_pkce:
        found.append("It may sign people in without PKCE: a code that is stolen on the way can be used.")
    if not client.rotate_refresh_tokens:
        found.append("Its refresh tokens are not replaced at each use: a stolen one works until it expires.")
    if not client.is_public and not any(secret.is_live(now) for secret in client.secrets.all()):
        found.append("It has no secret, so it can't get any token.")
    return found
