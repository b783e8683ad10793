"""Pages of passkeys: coming in with one, adding, removing."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts import ceremonies, enrolment, entering, factors, proving
from portal.accounts.forms import PasskeyForm, PasskeyNameForm
from portal.accounts.gates import open_to_all, password_is_enough, without_passkey
from portal.accounts.models import Passkey
from portal.accounts.stepup import NO_PASSKEY_PROOF, fresh_proof
from portal.accounts.views import NEXT_KEY, safe_path
from portal.acting import Visit


@open_to_all
@require_POST
def options(request: Visit) -> HttpResponse:
    """A challenge for the passkeys of whoever is in front of the screen, or of the account of the session."""
    return JsonResponse(ceremonies.offer_sign_in(request))


@open_to_all
@require_POST
def sign_in(request: Visit) -> HttpResponse:
    """Takes what the authenticator answered: both factors at once, or the second after a password."""
    form = PasskeyForm(request.POST)
    wanted = safe_path(request, request.POST.get("next", "")) or request.session.get(NEXT_KEY, "")
    typed = form.cleaned_data["credential"] if form.is_valid() else ""
    if entering.sign_in_by_passkey(request, typed).accepted:
        request.session.pop(NEXT_KEY, None)
        return redirect(wanted or "home")
    return render(request, "accounts/passkey_refused.html", {"told": NO_PASSKEY_PROOF}, status=422)


@without_passkey
@require_safe
def first(request: Visit) -> HttpResponse:
    """Where administrators are led until their session stands on a passkey."""
    return render(request, "accounts/passkey_first.html", {"has_passkey": enrolment.has_passkey(request.user)})


@password_is_enough
@require_POST
def begin(request: Visit) -> HttpResponse:
    """A newcomer, who has only a password, takes a passkey as the factor that comes first."""
    if request.user.is_verified() or enrolment.has_second_factor(request.user):
        return redirect("accounts:second_factor")
    form = PasskeyForm(request.POST)
    kept, codes = factors.begin_with_passkey(request, form.cleaned_data["credential"] if form.is_valid() else "")
    if kept:
        return render(request, "accounts/recovery_codes.html", {"codes": codes})
    messages.error(request, _("This device made no passkey that Carnet can use. Nothing was changed."))
    return redirect("accounts:second_factor")


@password_is_enough
@require_POST
def enrolment_options(request: Visit) -> HttpResponse:
    """A challenge for a new passkey, under the typed name; for a newcomer too, until there is another factor."""
    new = not request.user.is_verified() and not enrolment.has_second_factor(request.user)
    if not new and not (request.user.is_verified() and proving.is_fresh(request, or_new=True)):
        return JsonResponse({}, status=403)
    form = PasskeyNameForm(request.POST)
    return JsonResponse(ceremonies.offer_enrolment(request, form.cleaned_data["name"] if form.is_valid() else ""))


@without_passkey
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(or_new=True, carry=False)
def add(request: Visit) -> HttpResponse:
    """Names a device, and takes the passkey that it made."""
    form = PasskeyNameForm(request.POST if PasskeyForm.FIELD in request.POST and "prove" not in request.POST else None)
    if form.is_valid():
        if factors.add_passkey(request, form.cleaned_data["credential"], form.cleaned_data["name"]):
            messages.success(request, _("Your passkey is in place. You can sign in with it from now on."))
            return redirect("accounts:security")
        form.add_error(None, _("This device made no passkey that Carnet can use. Nothing was changed."))
    return render(request, "accounts/passkey_add.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof()
def remove(request: Visit, number: int) -> HttpResponse:
    """Asks, then removes a passkey of one's own."""
    passkey = Passkey.objects.filter(pk=number, user=request.user).first()
    if passkey is None:
        raise Http404
    if request.method == "POST" and "remove" in request.POST:
        factors.remove_passkey(request, passkey.pk)
        messages.success(request, _("The passkey is removed. It opens nothing any more."))
        return redirect("accounts:security")
    return render(request, "accounts/passkey_remove.html", {"passkey": passkey})
