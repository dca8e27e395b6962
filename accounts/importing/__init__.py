"""People from other systems, with their password hashes: read by format, planned, then added all or none."""

from collections.abc import Callable, Mapping

from accounts.importing import authelia, csv_table, django_fixture, keycloak, pocket_id
from accounts.importing.incoming import Batch

READERS: Mapping[str, Callable[[bytes], Batch]] = {
    "keycloak": keycloak.read,
    "authelia": authelia.read,
    "pocket-id": pocket_id.read,
    "django": django_fixture.read,
    "csv": csv_table.read,
}
