"""A person's own factors: what is in place, and changing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import acting
from portal.accounts import enrolment, factors
from portal.accounts.forms import CodeForm, OrganisationForm
from portal.accounts.gates import password_is_enough, without_passkey
from portal.accounts.models import Passkey, RecoveryCode, SealedTOTPDevice
from portal.accounts.stepup import fresh_proof
from portal.accounts.views import NOT_RIGHT, refused, shown
from portal.acting import Visit
from portal.ui import qr


@without_passkey
@require_safe
def overview(request: Visit) -> HttpResponse:
    """What protects this account."""
    live = acting.memberships_of(request.user)
    working_for = {"organisation": str(request.actor.organisation)}
    context = {
        "authenticator": SealedTOTPDevice.objects.filter(user=request.user, confirmed=True).first(),
        "passkeys": list(Passkey.objects.filter(user=request.user).order_by("created_at", "pk")),
        "codes_left": RecoveryCode.objects.filter(device__user=request.user).count(),
        "organisation_form": OrganisationForm(memberships=live, initial=working_for) if len(live) > 1 else None,
    }
    return render(request, "accounts/security.html", context)


@password_is_enough
@require_http_methods(["GET", "HEAD", "POST"])
def totp_setup(request: Visit) -> HttpResponse:
    """Shows the key of the authenticator being set up, and takes its first code."""
    device = enrolment.pending_authenticator(request)
    if device is None:
        return redirect("accounts:security")
    form = CodeForm(request.POST or None)
    address = enrolment.key_as_address(device)
    context: dict[str, Any] = {"key": enrolment.key_as_text(device), "address": address, "picture": qr.picture(address)}
    context["is_new"] = not request.user.is_verified()
    if request.method == "GET" or not form.is_valid():
        return shown(request, "accounts/totp_setup.html", form, **context)
    answer, codes = factors.confirm_totp(request, form.cleaned_data["code"])
    if not answer.accepted:
        return refused(request, "accounts/totp_setup.html", form, answer, str(NOT_RIGHT), **context)
    if codes:
        return render(request, "accounts/recovery_codes.html", {"codes": codes})
    messages.success(request, _("Your new authenticator is in place. The former one no longer works."))
    return redirect("accounts:security")


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(only_if=lambda request: request.method == "POST", or_recovery=True)
def replace_totp(request: Visit) -> HttpResponse:
    """Opens the set-up of another authenticator, or of a first one beside a passkey."""
    if request.method == "POST":
        enrolment.prepare_authenticator(request)
        return redirect("accounts:totp_setup")
    return render(request, "accounts/totp_replace.html", {"has_one": enrolment.has_authenticator(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(only_if=lambda request: request.method == "POST", or_recovery=True)
def renew_recovery(request: Visit) -> HttpResponse:
    """Draws a new sheet, shown once."""
    if request.method == "POST":
        return render(request, "accounts/recovery_codes.html", {"codes": factors.renew_codes(request)})
    return render(request, "accounts/recovery_renew.html")


@require_POST
def organisation(request: Visit) -> HttpResponse:
    """The organisation for which a professional acts until this session ends."""
    form = OrganisationForm(request.POST, memberships=acting.memberships_of(request.user))
    if form.is_valid():
        request.session[acting.ORGANISATION_KEY] = form.cleaned_data["organisation"]
    return redirect("accounts:security")
