"""From a plan's list of module names to tests: each is one function of `modules.py`, run for each response type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from tests.certification.party import CALLBACK, Party
from tests.certification.provider import Provider
from tests.certification.site import Site
from tests.live.visitor import Visitor

ALL_TYPES = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
SCOPE = "openid profile email address phone offline_access"


@dataclass
class Run:
    """What a module is given: the party of this plan and response type, and the browser of the whole plan.

    `browser` is signed in, as a certifier's own browser would be; `newcomer()` is another one.
    """

    party: Party
    browser: Visitor
    provider: Provider
    site: Site
    second: Callable[[], Party]
    secret_post: Callable[[], Party]

    def newcomer(self) -> Visitor:
        return self.provider.browser()


Module = Callable[[Run], None]
MODULES: dict[str, Module] = {}


def module(function: Module) -> Module:
    """Under the name that the suite knows it by, less `oidcc-`."""
    MODULES[function.__name__.replace("_", "-")] = function
    return function


def cases(lists: Mapping[str, str]) -> pytest.MarkDecorator:
    """One test for each name of each list; the lists are by response type."""
    several = len(lists) > 1
    return pytest.mark.parametrize(
        ("response_type", "name"),
        [
            pytest.param(kind, name, id=f"{kind.replace(' ', '+')}-{name}" if several else name)
            for kind, names in lists.items()
            for name in names.split()
        ],
    )


@dataclass
class Apps:
    """The static registrations of all plans, each made when it is first asked for."""

    provider: Provider
    _made: dict[str, dict[str, object]] = field(default_factory=dict)

    def get(self, name: str, *response_types: str, **metadata: object) -> dict[str, object]:
        if name not in self._made:
            with_code = any("code" in kind.split() for kind in response_types)
            grants = ["authorization_code", "refresh_token"] if with_code else []
            front = ["implicit"] if set(response_types) != {"code"} else []
            self._made[name] = self.provider.client(
                client_name=name,
                redirect_uris=[CALLBACK],
                response_types=list(response_types),
                grant_types=[*grants, *front],
                scope=SCOPE,
                signet_require_pkce=False,  # the suite sends none; an admin's act
                **metadata,
            )
        return self._made[name]


@dataclass
class Bench:
    """All that a plan's modules run with."""

    provider: Provider
    site: Site
    apps: Apps
    form_post: bool
    browser: Visitor

    def run(self, plan: str, response_types: Mapping[str, str], response_type: str, name: str) -> None:
        """The module `name` of this plan, at the plan's own app."""
        registration = self.apps.get(plan, *response_types, signet_lenient_request_objects=True)
        party = self._party(registration, response_type)
        second = lambda: self._party(self.apps.get("second", *ALL_TYPES), response_type)  # noqa: E731
        posts = {"token_endpoint_auth_method": "client_secret_post"}
        post = lambda: self._party(self.apps.get("secret post", *ALL_TYPES, **posts), response_type)  # noqa: E731
        MODULES[name](Run(party, self.browser, self.provider, self.site, second, post))

    def _party(self, registration: dict[str, object], response_type: str) -> Party:
        return Party(self.provider, registration, response_type, self.form_post)
