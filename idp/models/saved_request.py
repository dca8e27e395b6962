"""An authorization request that waits while a person logs in or decides; it comes back as /oauth2/authorize/<id>.

It is bound to no browser: whoever opens its address logs in as themselves and sends the code to the app that
asked, just as with the app's own link; the app's `state` ties the answer to the browser that began.
"""

from datetime import timedelta

from django.db import models

from idp.models.client import Client
from idp.protocol.secrets import mint

LIFETIME = timedelta(hours=1)


def new_request_id() -> str:
    return mint(16)


class SavedRequest(models.Model):
    id = models.CharField(primary_key=True, max_length=22, default=new_request_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    params = models.JSONField(help_text="As received; validated again at each return.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    # What the person has done for this very request; a remembered answer from before does not count.
    chosen_sid = models.CharField(
        max_length=64, blank=True, help_text="The session chosen for prompt=select_account."
    )
    consented_scope = models.TextField(blank=True, help_text="Agreed to on the page of this request.")
    consented_claims = models.TextField(blank=True, help_text="The same, of claims beyond the scope.")
    consented_sid = models.CharField(max_length=64, blank=True, help_text="In which session.")

    def __str__(self) -> str:
        return self.id
