"""Addresses of people's pages."""

from django.urls import path
from django.views.generic import RedirectView

from accounts.links import Purpose
from accounts.views import (
    account,
    chooser,
    data,
    email,
    enrol,
    impersonation,
    language,
    links,
    login,
    other_device,
    password,
    picture,
    recover,
    registration,
    second_factor,
    security,
    sessions,
    terms,
    well_known,
)

app_name = "accounts"

# The last part is the token.
LINK_PATHS = {
    Purpose.SETUP: "setup",
    Purpose.RESCUE: "setup/again",
    Purpose.INVITE: "welcome",
    Purpose.RESET: "password/reset",
    Purpose.LOGIN: "login/link",
    Purpose.UNLOCK: "unlock",
    Purpose.RECOVER: "login/recover",
    Purpose.END: "login/not-me",
    Purpose.EMAIL: "account/email/confirm",
}

urlpatterns = [
    path("login", login.login, name="login"),
    path("select-account", chooser.select_account, name="select-account"),
    path("select-account/leave", chooser.leave, name="select-account-leave"),
    path("login/link", links.login_link, name="login-link"),
    path("login/passkey", login.passkey, name="login-passkey"),
    path("login/other-device", other_device.other_device_page, name="other-device"),
    path("login/other-device/state", other_device.state, name="other-device-state"),
    path("login/other-device/finish", other_device.finish, name="other-device-finish"),
    path("login/approve/<str:code>", other_device.approve, name="other-device-approve"),
    path("login/second-factor", second_factor.second_factor, name="second-factor"),
    path("login/terms", terms.accept, name="terms-accept"),
    path("login/enrol", enrol.enrol, name="enrol"),
    path("login/recover", recover.recover, name="recover"),
    path("login/not-me", recover.not_me, name="not-me"),
    path("support/stop", impersonation.stop, name="impersonation-stop"),
    path("register", registration.register, name="register"),
    path("register/sent", registration.sent, name="register-sent"),
    path("register/new", registration.new, name="register-new"),
    path("register/<str:token>", registration.arrive, name="register-link"),
    path("terms", terms.show, name="terms"),
    path("language", language.choose, name="language"),
    path("logout", login.logout, name="logout"),
    path("signed-out", login.signed_out, name="signed-out"),
    path("unlock", links.unlock, name="unlock"),
    path("setup", links.first_admin, name="setup"),
    path("account/", account.overview, name="overview"),
    path("account", account.overview),
    path("account/profile", account.profile, name="profile"),
    path("account/email", email.change, name="email"),
    path("account/email/confirm", email.confirm, name="email-confirm"),
    path("account/picture", picture.change, name="picture"),
    path("pictures/<str:name>.webp", picture.show, name="picture-file"),
    path("account/activity", data.show_activity, name="activity"),
    path("account/data", data.data, name="data"),
    path("account/password", password.change, name="password"),
    path("account/security", security.overview, name="security"),
    path("account/security/passkeys/new", security.new_passkey, name="new-passkey"),
    path("account/security/passkeys/<int:pk>", security.passkey, name="passkey"),
    path("account/security/app/new", security.new_app, name="new-app"),
    path("account/security/codes", security.codes, name="recovery-codes"),
    path("account/sessions", sessions.session_list, name="sessions"),
    path("password/reset", password.reset, name="password-reset"),
    path("password/reset-sent", password.reset_sent, name="password-reset-sent"),
    path("password/new", password.new, name="password-new"),
    path(".well-known/change-password", RedirectView.as_view(pattern_name="accounts:password")),
    path(".well-known/passkey-endpoints", well_known.passkey_endpoints),
    *(
        path(f"{prefix}/<str:token>", links.arrive, {"purpose": purpose}, name=f"link-{purpose}")
        for purpose, prefix in LINK_PATHS.items()
    ),
]
