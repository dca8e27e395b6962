"""/account/apps: the apps that a person gave access to, in plain words, and how to take it back."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Max, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit, groups
from accounts.login import login_required
from accounts.middleware import Request
from accounts.models import User
from accounts.views.going_on import SeeOther
from idp.authorization.consent import extra_words, scope_words
from idp.models import Client, Consent, Grant


@dataclass(frozen=True)
class Access:
    """One app on the page."""

    client: Client
    words: list[str]
    since: datetime
    last_used: datetime


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def apps(request: Request) -> HttpResponse:
    if request.method == "POST":
        _revoke(request, request.POST.get("client_id", ""))
        return SeeOther(reverse("account-apps"))
    apps = _apps_of(request.person)
    more = _to_open(request.person, [access.client.pk for access in apps])
    return render(request, "idp/apps.html", {"apps": apps, "more": more, "tab": "apps", "wide": True})


def _apps_of(user: User) -> list[Access]:
    """Every app with a consent or a grant that was not revoked, the last used first."""
    consents = {consent.client_id: consent for consent in Consent.objects.filter(user=user)}
    grants = Grant.objects.filter(user=user, revoked_at=None, redeemed_at__isnull=False)
    used: dict[int, datetime] = dict(grants.order_by().values_list("client").annotate(Max("rotated_at")))
    found = []
    for client in Client.objects.filter(pk__in={*consents, *used}):
        consent = consents.get(client.pk)
        scope = consent.scope.split() if consent else client.scopes
        since = consent.given_at if consent else used[client.pk]
        words = scope_words(scope)
        words += extra_words(tuple(consent.claims.split()) if consent else ()).values()
        found.append(Access(client, words, since, used.get(client.pk, since)))
    return sorted(found, key=lambda access: access.last_used, reverse=True)


def _to_open(user: User, listed: list[int]) -> QuerySet[Client]:
    """Other apps that the person may use and can begin to use from here; those of strangers are not proposed."""
    allowed = Q(groups=None) | Q(groups__in=groups.ids(user))
    proposed = Client.objects.filter(allowed, enabled=True, self_registered=False).exclude(pk__in=listed)
    return proposed.exclude(initiate_login_uri="").distinct()


def _revoke(request: Request, client_id: str) -> None:
    """Takes back the consent and ends every grant: refresh and access tokens are dead from now on."""
    now, user = timezone.now(), request.person
    client = Client.objects.filter(client_id=client_id).first()
    if client is None:
        return
    Consent.objects.filter(user=user, client=client).delete()
    ended = Grant.objects.filter(user=user, client=client, revoked_at=None).update(
        revoked_at=now, revoke_reason="access removed by the person"
    )
    audit.record("consent.revoked", request=request, actor=user, client_id=client.client_id, grants=ended)
    messages.success(
        request,
        _("%(app)s no longer has access. It may still show you as signed in for a while.")
        % {"app": client.name},
    )
