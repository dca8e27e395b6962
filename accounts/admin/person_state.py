"""What a person's page says of their state, in words: which ways in there are, which tries are counted."""

from django.contrib import admin
from django.utils import timezone

from accounts import attributes, throttling
from accounts.factors import keeping
from accounts.models import Attribute, User

# What a counter of tries counts; not all of it is wrong.
_TRIES = {
    "password": "wrong passwords",
    "second factor": "wrong codes",
    "passkey": "passkeys refused",
    "reset": "links for a new password asked for",
    "mailed code": "codes asked for by mail",
    "email": "changes of the e-mail address asked for",
}


class PersonState(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    @admin.display(description="verified", boolean=True)
    def is_verified(self, user: User) -> bool:
        return user.email_verified

    @admin.display(description="proved by")
    def email_proof(self, user: User) -> str:
        return (
            f"{user.email_verified_by}, {user.email_verified_at:%Y-%m-%d %H:%M}"
            if user.email_verified
            else "–"
        )

    @admin.display(description="counted tries")
    def block(self, user: User) -> str:
        """Of strangers and of the person elsewhere: a browser that they know has a budget of its own."""
        found = throttling.of_person(user.sub, timezone.now()) if not user._state.adding else []
        return (
            "; ".join(
                f"{_TRIES.get(each.kind, each.kind)}: {each.tries}{_consequence(each)}" for each in found
            )
            or "none"
        )

    @admin.display(description="signs in with")
    def factors(self, user: User) -> str:
        """Which ways in there are, never what opens them."""
        if user._state.adding:
            return "–"
        has = keeping.as_json(user)
        named = [f"{each['name']} (passkey)" for each in has["passkeys"]]
        named += [f"{each['name']} (authenticator app)" for each in has["authenticator_apps"]]
        codes = has["recovery_codes_left"]
        named += [f"{codes} recovery code{'s' if codes > 1 else ''}"] if codes else []
        return ", ".join((["password"] if has["password"] else []) + named) or "nothing yet"

    @admin.display(description="attributes", empty_value="none")
    def own_attributes(self, user: User) -> str:
        labels = dict(Attribute.objects.values_list("name", "label"))
        return "; ".join(
            f"{labels.get(name, name)}: {attributes.shown(value)}" for name, value in user.attributes.items()
        )


def _consequence(standing: throttling.Standing) -> str:
    if standing.locked:
        return ", locked until it is lifted here or by the mailed link"
    return f", next in {standing.wait} s" if standing.wait else ""
