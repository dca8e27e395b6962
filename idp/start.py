"""Once per server, before it forks: keys proven and loaded, nothing shared that must not be."""

import gc
import logging
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import get_hashers
from django.db import Error as DatabaseFailure
from django.db import connections
from django.template import engines
from django.urls import get_resolver

from idp.clients import scim_tokens
from keys import selftest
from keys.ring import ring

log = logging.getLogger(__name__)


def before_fork(now: datetime) -> None:
    """Raises keys.selftest.UnusableKeys when a live key can't be opened: such a server must not start (S-140)."""
    provisioned = bool(settings.SCIM_APPS)
    try:
        selftest.prove(now)
        ring(now)
        provisioned = provisioned or scim_tokens.are_live(now)
    except DatabaseFailure as error:  # it may come back; until then /readyz says so
        log.error("starting without a database: %s", type(error).__name__)
    connections.close_all()
    _load()
    if provisioned:
        _load_provisioning()
    # What is loaded by now is never collected, so its pages stay shared with the workers. Nothing of it is garbage.
    gc.freeze()


def _load() -> None:
    """What the first requests would load in each worker for itself; from here its pages are shared."""
    get_resolver().url_patterns  # noqa: B018  the addresses and their views
    get_hashers()
    for engine in engines.all():
        engine.get_template("accounts/login.html")


def _load_provisioning() -> None:
    """A second and 17 MiB, of whoever provisions: better once here than in each worker amid a sync (decision 42)."""
    from idp.scim import service  # noqa: F401
