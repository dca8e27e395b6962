"""The apps: what an admin let each do that RFC 9700 advises against, and what that document demands of all."""

from collections.abc import Iterator

from idp.clients import grading
from idp.clients.risks import risks
from idp.diagnosis.finding import Asked, Finding, page
from idp.models import Client

SAID_BY_RISKS = {"require_pkce", "response_types"}  # in the words of `risks`


def check(asked: Asked) -> Iterator[Finding]:
    for client in Client.objects.filter(enabled=True).prefetch_related("secrets").order_by("name"):
        about, link = f"app {client.name} ({client.client_id})", page("idp_client_change", client.pk)
        for what in risks(client, asked.now):
            yield Finding("warning", about, what, f"client show {client.client_id}", link)
        for rule in _demanded(client):
            what = f"{rule.profile} section {rule.clause} is not met: {rule.words}. {rule.why}"
            yield Finding("warning", about, what, rule.mend, link)


def _demanded(client: Client) -> list[grading.Rule]:
    """FAPI is for who wants it: `client grade` and the app's page have it."""
    found = [
        rule
        for grade in grading.grades(client)
        if grade.profile != grading.FAPI
        for rule in grade.missing
        if rule.strength == "must" and rule.field not in SAID_BY_RISKS
    ]
    return list({rule.field: rule for rule in found}.values())  # where two documents demand the same, once
