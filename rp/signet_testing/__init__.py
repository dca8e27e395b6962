"""A Signet of their own for the tests of an app; `signet_testing.plugin` has the fixture."""

from signet_testing.bed import Client, Person, Signet, SignetFailed

__all__ = ["Client", "Person", "Signet", "SignetFailed"]
