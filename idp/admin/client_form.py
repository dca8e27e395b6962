"""The form of an app: lists one a line, grant types and scopes as boxes with plain words."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms

from accounts import groups
from idp.admin.lines import Lines
from idp.clients import sectors
from idp.clients.sectors import SectorDocument
from idp.models import Api, Client
from idp.models.client import MAX_REDIRECT_URIS
from idp.protocol import redirects, response_types, scopes
from idp.protocol.errors import InvalidScope

_boxes = forms.CheckboxSelectMultiple(
    attrs={"class": "radiolist"}
)  # Django admin's style for a list of choices


class ApiChoice(forms.MultipleChoiceField):
    """Registered APIs, read when the page is; kept by identifier."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=_apis, widget=_boxes, required=False, **options)


def _apis() -> list[tuple[str, str]]:
    return [(api.identifier, f"{api.name} ({api.identifier})") for api in Api.objects.all()]


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    redirect_uris = Lines(
        label="Redirect URIs",
        count=MAX_REDIRECT_URIS,
        length=redirects.MAX_LENGTH,
        help_text="Where people return to after signing in: one whole address a line, compared letter by letter.",
    )
    post_logout_redirect_uris = Lines(
        label="Post-logout redirect URIs",
        count=MAX_REDIRECT_URIS,
        length=redirects.MAX_LENGTH,
        help_text="Where people may return to after signing out, one a line.",
    )
    request_uris = Lines(
        label="Addresses of its request objects",
        count=MAX_REDIRECT_URIS,
        length=redirects.MAX_LENGTH,
        help_text="Where the server may fetch signed requests of the app at a sign-in (request_uri), one a line.",
    )
    contacts = Lines(count=10, length=254, help_text="E-mail addresses of the people behind it, one a line.")
    audiences = Lines(
        count=20,
        length=255,
        help_text="APIs that its access tokens are for, by client id or address, one a line; they may introspect them.",
    )
    resources = ApiChoice(
        label="APIs that it may ask for",
        help_text="Beside those that are for every app. Of an API's scopes it gets those that it may ask for below.",
    )
    grant_types = forms.MultipleChoiceField(
        label="It may",
        choices=[pair for pair in Client.GrantType.choices if pair[0] != Client.GrantType.IMPLICIT],
        widget=_boxes,
        required=False,  # an app may live by a response type alone, and then has the grant type implicit
        initial=["authorization_code", "refresh_token"],
    )
    response_types = forms.MultipleChoiceField(
        label="Its answers hold",
        choices=[(name, name.replace(" ", " + ")) for name in response_types.NAMES],
        widget=_boxes,
        required=False,
        initial=[response_types.CODE.name],
        help_text="Anything but code alone sends tokens through the browser, where histories, logs and scripts can "
        "read them (RFC 9700 section 2.1.2). Switch it on only for an app that can do nothing else.",
    )
    default_acr_values = Lines(
        label="Default sign-in levels",
        count=10,
        length=100,
        help_text="Asked for where the app names none (acr), the most wanted first, one a line.",
    )
    userinfo_acr_values = Lines(
        label="Sign-in levels for userinfo",
        count=10,
        length=100,
        help_text="Userinfo answers for a sign-in of one of these only, and asks the app for it otherwise (RFC 9470), "
        "one a line; empty for any.",
    )
    scopes = forms.MultipleChoiceField(
        label="It may ask to",
        choices=[(scope.name, f"{scope.words} ({scope.name})") for scope in scopes.KNOWN.values()],
        widget=_boxes,
        required=False,
        initial=scopes.DEFAULT,
    )
    own_scopes = forms.CharField(
        label="Scopes of your own APIs", required=False, max_length=2000, help_text="Separated by spaces."
    )
    allowed_groups = forms.ModelMultipleChoiceField(
        groups.ordinary(),
        label="Groups",
        required=False,
        widget=_boxes,
        help_text="Only their members may use the app; with none chosen everybody may.",
    )

    sector: SectorDocument | None = None  # what is at the address that was typed in

    class Meta:
        model = Client
        fields = ()  # the fieldsets of the admin say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "allowed_groups" in self.fields and not groups.ordinary().exists():
            self.fields["allowed_groups"].help_text = "There are none yet, so everybody may use the app."
        if self.instance.pk:
            self.initial["allowed_groups"] = list(self.instance.groups.all())
            known = [name for name in self.instance.scopes if name in scopes.KNOWN]
            own = [name for name in self.instance.scopes if name not in scopes.KNOWN]
            self.initial.update(scopes=known, own_scopes=" ".join(own))

    may_have: ClassVar[Callable[[str], bool]]

    def clean_client_id(self) -> str:
        """Made anew under the name of one that is gone, or not there yet, it would be one that provisions people."""
        name: str = self.cleaned_data["client_id"]
        if not type(self).may_have(name):
            raise forms.ValidationError(
                "Only who may change provisioning tokens may register an app of this name."
            )
        return name

    def clean_own_scopes(self) -> list[str]:
        names = tuple(self.cleaned_data["own_scopes"].split())
        try:
            return list(scopes.read(" ".join(names), allowed=names)) if names else []
        except InvalidScope as error:
            raise forms.ValidationError(
                "A scope is visible ASCII without spaces, quotes or backslashes."
            ) from error

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if self._is_outdated():
            raise forms.ValidationError(
                "This app was changed after you had opened this page, and saving it would undo that. Its history says "
                "what happened. Save again to have all as it stands here."
            )
        if {"sector_identifier_uri", "redirect_uris"} & set(self.changed_data):
            uri = found.get("sector_identifier_uri", "")
            if wrong := sectors.problem(uri, found.get("redirect_uris", []), self.sector):
                self.add_error("sector_identifier_uri", f"It {wrong}")
        return found

    def _is_outdated(self) -> bool:
        """Whether others saved meanwhile: another admin, or the app its own registration. Its row is held for us."""
        if self.instance.pk is None or "seen" not in self.data:
            return False
        now = (
            Client.objects.select_for_update().filter(pk=self.instance.pk).values_list("revision", flat=True)
        )
        return self.data["seen"] not in now

    def save(self, commit: bool = True) -> Client:
        own = self.cleaned_data["own_scopes"]
        self.instance.scopes = list(dict.fromkeys([*self.cleaned_data["scopes"], *own]))
        saved: Client = super().save(commit)
        return saved

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        self.instance.groups.set(self.cleaned_data["allowed_groups"])
