"""From a proof to a person: found by identity, linked, or made."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import elsewhere, groups, newcomers
from accounts.models import Identity, User
from idp.models import Upstream
from idp.upstream.linking import Facts, Owner, Way, decide
from idp.upstream.proof import Proof
from idp.upstream.refusals import NotAllowed, SomebodyElse, UpstreamRefused


def arrive(upstream: Upstream, proof: Proof, *, request: HttpRequest, now: datetime) -> User | None:
    """Who this is; None when only they can say. Raises UpstreamRefused."""
    identity = elsewhere.find(proof.issuer, proof.subject)
    owner = _owner(proof) if identity is None else None
    facts = Facts(
        is_linked=identity is not None,
        email_counts=bool(proof.email),
        owner=_standing(owner),
        may_create=upstream.may_create,
    )
    way = decide(facts)
    if way is Way.SIGN_IN and identity is not None:
        return _known(upstream, identity, proof, now=now)
    if way is Way.CREATE:
        return create(upstream, proof, request=request, now=now)
    if way in (Way.LINK, Way.LINK_ANEW) and owner is not None:
        return _link_by_address(upstream, owner, proof, anew=way is Way.LINK_ANEW, request=request, now=now)
    if way is Way.REFUSE:
        raise NotAllowed("not active")
    return None


def identified(proof: Proof, *, now: datetime) -> User | None:
    """Who is linked, for somebody who only shows again that it is them; nothing is made or linked."""
    identity = elsewhere.find(proof.issuer, proof.subject)
    if identity is None:
        return None
    elsewhere.used(identity, label=proof.label, now=now)
    return identity.user


def newcomer(upstream: Upstream, proof: Proof, *, request: HttpRequest, now: datetime) -> User:
    """Who says that they are new here; an address that is somebody's stays theirs. Raises UpstreamRefused."""
    is_taken = _owner(proof) is not None
    return create(upstream, replace(proof, email="") if is_taken else proof, request=request, now=now)


def create(upstream: Upstream, proof: Proof, *, request: HttpRequest, now: datetime) -> User:
    """Raises UpstreamRefused."""
    try:
        return newcomers.make(
            proof.issuer,
            proof.subject,
            username=proof.username,
            label=proof.label,
            email=proof.email,
            by=source(upstream),
            names=proof.names,
            groups=given_groups(upstream),
            request=request,
            now=now,
        )
    except IntegrityError as error:
        raise UpstreamRefused("somebody was faster", _("Somebody was faster. Begin again.")) from error


def link(upstream: Upstream, user: User, proof: Proof, *, request: HttpRequest, now: datetime) -> None:
    """After the person proved the account here and said yes. Raises SomebodyElse."""
    if not elsewhere.link(
        user, proof.issuer, proof.subject, label=proof.label, how="by the person", request=request, now=now
    ):
        raise SomebodyElse("linked to another person")
    elsewhere.tell_linked(user, upstream.name)
    keep_current(upstream, user, proof, now=now)


def keep_current(upstream: Upstream, user: User, proof: Proof, *, now: datetime) -> None:
    names = proof.names if upstream.refresh_claims else {}
    newcomers.refresh(user, names, proof.email, by=source(upstream), now=now)


def source(upstream: Upstream) -> str:
    """Who proved an address, and who made an account, in our books."""
    return f"upstream:{upstream.slug}"


def given_groups(upstream: Upstream) -> list[Group]:
    """None that opens the admin: who comes from outside is given no rights by that (S-130)."""
    chosen = set(upstream.groups.values_list("pk", flat=True))
    return list(groups.harmless().filter(pk__in=chosen)) if chosen else []


def _known(upstream: Upstream, identity: Identity, proof: Proof, *, now: datetime) -> User:
    user = identity.user
    if not user.is_active:  # disabled here stays disabled, whatever they say elsewhere
        raise NotAllowed("not active")
    elsewhere.used(identity, label=proof.label, now=now)
    keep_current(upstream, user, proof, now=now)
    return user


def _link_by_address(
    upstream: Upstream, owner: User, proof: Proof, *, anew: bool, request: HttpRequest, now: datetime
) -> User:
    with transaction.atomic():
        if anew:
            newcomers.begin_anew(owner, by=source(upstream), request=request, now=now)
        if not elsewhere.link(
            owner,
            proof.issuer,
            proof.subject,
            label=proof.label,
            how="proved address",
            request=request,
            now=now,
        ):
            raise SomebodyElse("linked to another person")
        keep_current(upstream, owner, proof, now=now)
    elsewhere.tell_linked(owner, upstream.name)
    return owner


def _owner(proof: Proof) -> User | None:
    return User.objects.filter(email=proof.email).first() if proof.email else None


def _standing(owner: User | None) -> Owner:
    if owner is None:
        return Owner.NOBODY
    if not owner.is_active:
        return Owner.DISABLED
    if owner.is_staff or owner.is_superuser:
        return Owner.ADMIN
    return Owner.PERSON if owner.email_verified else Owner.UNPROVED
