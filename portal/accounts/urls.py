"""Addresses of signing in and of a person's own factors."""

from __future__ import annotations

from django.urls import path

from portal.accounts import keeping, passkeys, security, views

app_name = "accounts"

urlpatterns = [
    path("signin/", views.sign_in, name="sign_in"),
    path("signin/code/", views.second_factor, name="second_factor"),
    path("signin/recovery/", views.recovery, name="recovery"),
    path("signin/passkey/", passkeys.sign_in, name="passkey_sign_in"),
    path("signin/passkey/options/", passkeys.options, name="passkey_options"),
    path("security/passkeys/first/", passkeys.first, name="passkey_first"),
    path("signout/", views.sign_out, name="sign_out"),
    path("language/", views.language, name="language"),
    path("security/", security.overview, name="security"),
    path("security/totp/", security.totp_setup, name="totp_setup"),
    path("security/totp/replace/", security.replace_totp, name="totp_replace"),
    path("security/recovery/", security.renew_recovery, name="recovery_renew"),
    path("security/password/", keeping.password, name="password"),
    path("security/sessions/", keeping.opened, name="sessions"),
    path("security/sessions/end/", keeping.end_one, name="session_end"),
    path("security/sessions/end-others/", keeping.end_others, name="sessions_end"),
    path("security/passkeys/add/", passkeys.add, name="passkey_add"),
    path("security/passkeys/begin/", passkeys.begin, name="passkey_begin"),
    path("security/passkeys/options/", passkeys.enrolment_options, name="passkey_enrolment"),
    path("security/passkeys/<int:number>/remove/", passkeys.remove, name="passkey_remove"),
    path("security/organisation/", security.organisation, name="organisation"),
]
