"""Why a sign-in by another provider goes no further: words for the person, and a reason for our log."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class UpstreamRefused(Exception):
    """`words` are shown; `reason` is ours, and holds no code, token or secret."""

    words: Words = _("The answer of the other site could not be trusted, so you are not signed in.")

    def __init__(self, reason: str, words: Words = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.words = words or type(self).words


class Unavailable(UpstreamRefused):
    words = _("The other site does not answer just now. Try again in a few minutes.")


class Declined(UpstreamRefused):
    words = _("The sign-in was not finished at the other site.")


class Expired(UpstreamRefused):
    words = _("This took too long, was used already, or began in another browser. Begin again.")


class NotAllowed(UpstreamRefused):
    words = _("This account of the other site may not be used here.")


class Unknown(UpstreamRefused):
    words = _(
        "Nobody here is linked to this account of the other site. Sign in the way that you usually do, then link it on "
        "your security page; or ask your admin."
    )


class NotFresh(UpstreamRefused):
    words = _(
        "You were asked to sign in anew, and the other site let you through without it. Sign in with a password or a "
        "passkey instead."
    )


class SomebodyElse(UpstreamRefused):
    words = _("That is another person's account. Choose the one that is linked to yours.")
