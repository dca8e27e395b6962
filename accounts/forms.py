"""What people fill in, checked as one piece."""

from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import pictures, registration, widgets
from accounts.models import Terms, User
from accounts.names import EMAIL_LENGTH, canonical, validate_canonical_email

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

_NAME = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


def _password(label: "_StrOrPromise", autocomplete: str) -> forms.CharField:
    """Spaces count, and no length is told to the browser, which would cut a longer one short unseen."""
    return forms.CharField(
        label=label,
        strip=False,
        widget=widgets.PasswordInput(attrs={"autocomplete": autocomplete}),
        error_messages={"required": _("Type a password.")},
    )


class PageForm(forms.BaseForm):
    """Puts the cursor where it is wanted: at the first field that is wrong, otherwise at the first empty one."""

    def focus(self) -> Self:
        fields = [self[name] for name in self.fields]
        wrong = [field for field in fields if self.is_bound and field.errors]
        empty = [field for field in fields if not field.value() or field.name.endswith("password")]
        for field in [*wrong, *empty][:1]:
            field.field.widget.attrs["autofocus"] = True
        return self


class LoginForm(PageForm, forms.Form):
    username = forms.CharField(
        label=_("User name or e-mail"),
        max_length=320,
        widget=widgets.TextInput(attrs={**_NAME, "autocomplete": "username webauthn"}),
        error_messages={"required": _("Type your user name or e-mail address.")},
    )
    password = _password(_("Password"), "current-password")


class ConfirmForm(PageForm, forms.Form):
    password = _password(_("Password"), "current-password")


class CodeForm(PageForm, forms.Form):
    """A code of a second factor. Pasting and filling in by a manager are welcome (WCAG 3.3.8)."""

    code = forms.CharField(label=_("Code"), max_length=64, error_messages={"required": _("Type the code.")})

    def __init__(self, label: str, factor: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_number = factor != "recovery"
        self.fields["code"].label = label
        self.fields["code"].widget.attrs |= {
            "autocomplete": "one-time-code" if is_number else "off",
            "inputmode": "numeric" if is_number else "text",
            "autocapitalize": "none" if is_number else "characters",
            "spellcheck": "false",
        }


class NewPasswordForm(PageForm, forms.Form):
    """One field, since it can be shown: typing twice only doubles the mistakes."""

    new_password = _password(_("New password"), "new-password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["new_password"].help_text = _rules()

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.user)
        return password


class ChangePasswordForm(NewPasswordForm):
    current_password = _password(_("Current password"), "current-password")
    field_order = ["current_password", "new_password"]

    def clean(self) -> dict[str, Any]:
        new, current = self.cleaned_data.get("new_password"), self.cleaned_data.get("current_password")
        if new and new == current:
            self.add_error("new_password", _("That is the password you have. Choose another."))
        return self.cleaned_data


class ResetForm(PageForm, forms.Form):
    username = forms.CharField(
        label=_("E-mail or user name"),
        max_length=320,
        widget=forms.TextInput(attrs=_NAME),
        error_messages={"required": _("Type your e-mail address or user name.")},
    )


class SetupForm(PageForm, forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """The first admin."""

    new_password = _password(_("Password"), "new-password")

    class Meta:
        model = User
        fields = ("username_display", "email", "name")
        widgets = {
            "username_display": forms.TextInput(attrs=_NAME),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }
        labels = {"username_display": _("User name"), "email": _("E-mail"), "name": _("Full name")}
        help_texts = {"username_display": "", "email": _("Where a link goes when you forget the password.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].help_text = _rules()

    def _post_clean(self) -> None:
        """The password is judged when the person is known whose name it must not be."""
        super()._post_clean()  # type: ignore[misc]  # Django's hook, which its stubs leave out
        if password := self.cleaned_data.get("new_password"):
            try:
                validate_password(password, self.instance)
            except ValidationError as error:
                self.add_error("new_password", error)


class RegisterForm(PageForm, forms.Form):
    """Whether the address is known here is not told; whether its domain is let in is no secret."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=EMAIL_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Type your e-mail address.")},
    )

    def clean_email(self) -> str:
        email = canonical(self.cleaned_data["email"])
        validate_canonical_email(email)
        if not registration.may_register(email):
            raise ValidationError(
                _("Accounts here are for other addresses. Use the one of your organisation.")
            )
        return email


class EmailForm(RegisterForm):
    """Another address for somebody who is here already."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        is_confirming = bool(user.email) and not user.email_verified
        self.fields["email"].label = _("E-mail address") if is_confirming else _("New e-mail address")
        self.fields["email"].initial = user.email if is_confirming else ""

    def clean_email(self) -> str:
        email = canonical(self.cleaned_data["email"])
        validate_canonical_email(email)
        if email == self.user.email and self.user.email_verified:
            raise ValidationError(_("That is the address you have."))
        return email


class PictureForm(PageForm, forms.Form):
    picture = forms.FileField(
        label=_("Picture"),
        help_text=_(
            "JPEG, PNG, WebP or GIF, up to 5 MB. It is cut square, and what else the file says is left out."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        error_messages={"required": _("Choose a file.")},
    )

    def clean_picture(self) -> bytes:
        file = self.cleaned_data["picture"]
        if file.size > pictures.MAX_BYTES:
            raise ValidationError(_("This file is larger than 5 MB."))
        return pictures.encode(file)


class SignUpForm(SetupForm):
    """A new account; the address is proved already."""

    class Meta(SetupForm.Meta):
        fields = ("username_display", "name")  # type: ignore[assignment]  # fewer than there
        help_texts = {"username_display": _("You can sign in with it, or with your e-mail address.")}

    def __init__(self, *args: Any, email: str, terms: Terms | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.email = email
        if terms is not None:
            self.fields["accept"] = forms.BooleanField(
                label=_("I accept the terms of use (version %(version)s).") % {"version": terms.version},
                error_messages={"required": _("Without the terms there is no account.")},
            )


def _rules() -> str:
    return " ".join(text for text in password_validators_help_texts()[:1])
