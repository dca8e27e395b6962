"""By which name an app knows people: everybody's, or one of its sector's own (OIDC Core section 8)."""

from django.db import models

from idp.models.sector import Sector
from idp.outbound import check_address
from idp.protocol.redirects import MAX_LENGTH
from idp.protocol.sectors import sector_identifier


class WithSubject(models.Model):
    """The part of a client that is about subjects. What people are called at an app is settled when it is made."""

    class SubjectType(models.TextChoices):
        PUBLIC = "public", "public: the same at every app with public subjects"
        PAIRWISE = "pairwise", "pairwise: another at each sector, so that apps can't compare"

    subject_type = models.CharField(
        "subjects",
        max_length=8,
        choices=SubjectType.choices,
        default=SubjectType.PUBLIC,
        db_default=SubjectType.PUBLIC,
        help_text="What people are called there (sub). Settled once the app is registered, for a person's never "
        "changes.",
    )
    sector_identifier_uri = models.CharField(
        "sector document",
        max_length=MAX_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="https. For pairwise subjects: a JSON list of all redirect URIs of the apps that share them. Needed "
        "where the redirect URIs have several hosts.",
    )
    sector = models.ForeignKey(
        Sector, on_delete=models.PROTECT, null=True, editable=False, related_name="clients"
    )

    class Meta:
        abstract = True

    @property
    def is_pairwise(self) -> bool:
        return self.subject_type == self.SubjectType.PAIRWISE

    def subject_problems(self, client_id: str, redirect_uris: list[str]) -> dict[str, list[str]]:
        """By field, what is wrong."""
        found: dict[str, list[str]] = {}
        if self.sector_identifier_uri:
            try:
                check_address(self.sector_identifier_uri)
            except ValueError as error:
                found["sector_identifier_uri"] = [str(error)]
        if self.is_pairwise and not found:
            try:
                sector_identifier(self.sector_identifier_uri, redirect_uris, client_id)
            except ValueError:  # SeveralHosts, or an address that is refused at its own field
                found["sector_identifier_uri"] = [
                    "Pairwise subjects need a sector document where redirect URIs have several hosts (OIDC Core 8.1)."
                ]
        settled = type(self)._base_manager.filter(pk=self.pk).values_list("subject_type", flat=True)
        if self.pk and self.subject_type not in settled:
            found["subject_type"] = ["People's subjects would change: register the app anew for that."]
        return found

    def settle_sector(self, client_id: str, redirect_uris: list[str]) -> None:
        """Once, before it is first saved: whatever becomes of its addresses, people stay who they are."""
        if self.is_pairwise and self.sector_id is None:
            self.sector = Sector.of(sector_identifier(self.sector_identifier_uri, redirect_uris, client_id))
