"""The tab "preview": what this app would be told of a person, beside another person or another scope.

S-063: it shows what an app may know and nothing else. Whoever may not look at people sees only themselves. Sent by
POST, so that nobody's name is in an address, and on record as a look at that person's data.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.auditing import acting
from accounts.models import User
from idp.authorization import claims_request
from idp.models import Client
from idp.playground import preview
from idp.playground.preview import Answer
from idp.protocol.errors import OAuthError

VIEW_PEOPLE = "accounts.view_user"
_NOBODY = "There is nobody of this name or address."


class PreviewForm(forms.Form):
    person = forms.CharField(label="Person", max_length=254, help_text="User name or e-mail address.")
    scope = forms.CharField(label="Scope", max_length=2000, required=False)
    other_person = forms.CharField(
        label="Compare with", max_length=254, required=False, help_text="Another person, if you like."
    )
    other_scope = forms.CharField(
        label="With scope", max_length=2000, required=False, help_text="Another scope; empty for the same."
    )
    claims = forms.CharField(
        label="Claims parameter",
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60, "class": "vLargeTextField"}),
        help_text='What the app asks for beyond the scope, as JSON: {"userinfo": {"phone_number": null}}',
    )

    def __init__(self, viewer: User, client: Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer, self.client = viewer, client
        self.sees_people = viewer.has_perm(VIEW_PEOPLE)
        for name in ("person", "scope", "other_person", "other_scope"):
            self.fields[name].widget.attrs |= {
                "class": "vTextField",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        if not self.sees_people:
            self.fields["person"].disabled = True
            del self.fields["other_person"]

    def clean_person(self) -> User:
        return self._find(self.cleaned_data["person"]) if self.sees_people else self.viewer

    def clean_other_person(self) -> User | None:
        typed = self.cleaned_data["other_person"]
        return self._find(typed) if typed else None

    @staticmethod
    def _find(typed: str) -> User:
        found = User.objects.find(typed)
        if found is None:
            raise forms.ValidationError(_NOBODY)
        return found

    def clean_claims(self) -> dict[str, dict[str, list[Any] | None]]:
        try:
            return claims_request.read(self.cleaned_data["claims"] or None, self.client, scope=()).wanted
        except OAuthError as refusal:
            raise forms.ValidationError(refusal.description) from refusal


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, client: Client) -> HttpResponse:
    viewer = acting(request)
    first = {"person": viewer.username, "scope": preview.usual_scope(client)}
    form = PreviewForm(viewer, client, request.POST if request.method == "POST" else None, initial=first)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context |= _shown(request, client, form.cleaned_data)
    return TemplateResponse(request, "admin/idp/client/preview.html", context)


def _shown(request: HttpRequest, client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    person, other = asked["person"], asked.get("other_person")
    scopes = [asked["scope"]]
    if other or asked["other_scope"]:
        scopes.append(asked["other_scope"] or asked["scope"])
    answers: list[Answer] = []
    left_out: list[str] = []
    for user, typed in zip((person, other or person), scopes, strict=False):
        kept, strange = preview.allowed(typed, client)
        left_out += strange
        answers.append(preview.answer(user, client, kept, asked["claims"], now=now))
    _record(request, client, answers)
    return {
        "answers": answers,
        "left_out": list(dict.fromkeys(left_out)),
        "tables": preview.tables(answers, client),
        "missing": preview.missing(answers[0], client),
    }


def _record(request: HttpRequest, client: Client, answers: list[Answer]) -> None:
    for each in {answer.user.pk: answer for answer in answers}.values():
        audit.record(
            "claims.previewed", request=request, actor=acting(request), subject=each.user,
            client_id=client.client_id, scope=" ".join(each.scope),
        )  # fmt: skip
