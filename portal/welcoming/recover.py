"""Pages of coming in again: asking, stopping, coming back after three days. None tells whether an account exists."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal import refusals
from portal.accounts import recovering, throttling
from portal.accounts.gates import open_to_all
from portal.accounts.passwords import MOST_CHARACTERS
from portal.accounts.recovering import Lost
from portal.accounts.views import refused, shown
from portal.acting import Visit

_MOST, _DURING = 10, timedelta(hours=1)
_CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class AskForm(forms.Form):
    """What was lost, and the sign-in address."""

    lost = forms.ChoiceField(
        label=gettext_lazy("What have you lost?"),
        choices=[
            (Lost.PASSWORD.value, gettext_lazy("My password")),
            (Lost.FACTOR.value, gettext_lazy("My telephone, passkey and recovery codes")),
        ],
        widget=forms.RadioSelect,
    )
    login = forms.CharField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class StopForm(forms.Form):
    """The code of the letter."""

    code = forms.CharField(
        label=gettext_lazy("The code in your letter"), max_length=20, widget=forms.TextInput(attrs=_CODE)
    )


class FinishForm(forms.Form):
    """The code that was told when it was asked for, and a password."""

    code = forms.CharField(
        label=gettext_lazy("The code that you wrote down"), max_length=40, widget=forms.TextInput(attrs=_CODE)
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("A new one if you had lost it; otherwise the one you have."),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Visit) -> HttpResponse:
    """Takes the wish down; the same page for everybody, with the code to come back with."""
    form = AskForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if wait := _wait(request):
            return refusals.too_many(request, wait)
        given = form.cleaned_data
        claim = recovering.ask(request, login_typed=given["login"], lost=Lost(given["lost"]))
        return render(request, "welcoming/asked.html", {"claim": claim})
    return shown(request, "welcoming/recover.html", form, 422 if form.errors else 200)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: Visit) -> HttpResponse:
    """Stops what the letter tells of."""
    form = StopForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if wait := _wait(request):
            return refusals.too_many(request, wait)
        if recovering.stop(request, form.cleaned_data["code"]):
            messages.success(request, _("It is stopped. Nobody comes in by it. Sign in and change your password."))
            return redirect("accounts:sign_in")
        form.add_error("code", _("This is not the code of the newest letter, or it was stopped already."))
    return shown(request, "welcoming/stop.html", form, 422 if form.errors else 200)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: Visit) -> HttpResponse:
    """Comes back after three days."""
    form = FinishForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return shown(request, "welcoming/finish.html", form, 422 if form.errors else 200)
    if wait := _wait(request):
        return refusals.too_many(request, wait)
    found = recovering.waiting(form.cleaned_data["code"])
    if found is None or not recovering.is_due(found):
        # A wish that waits and one that never was answer alike.
        form.add_error("code", _("This code opens nothing now: its three days are not over, or it was stopped."))
        return shown(request, "welcoming/finish.html", form, 422)
    try:
        answer = recovering.finish(request, found, form.cleaned_data["password"])
    except ValidationError as weak:
        form.add_error("password", weak)
        return shown(request, "welcoming/finish.html", form, 422)
    if answer.accepted:
        return redirect("accounts:second_factor")
    return refused(request, "welcoming/finish.html", form, answer, _("This is not your password."))


def _wait(request: Visit) -> int:
    return throttling.take_place("recovery", throttling.address_of(request), most=_MOST, during=_DURING)
