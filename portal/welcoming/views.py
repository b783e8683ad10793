"""Pages of invitations: making one, and coming in with one."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.actor import Role
from consent.granting import Invalid
from portal import refusals
from portal.accounts import throttling
from portal.accounts.gates import open_to_all
from portal.acting import Visit
from portal.audiences import only_for
from portal.notifications.readdressing import Confirmed
from portal.welcoming import accepting
from portal.welcoming.forms import AcceptForm, PaperForm, PatientForm
from portal.welcoming.inviting import invite_patient

_WRONG_CODES, _DURING = 10, timedelta(hours=1)


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Visit) -> HttpResponse:
    """Opens a record for somebody new, and shows once the code to print."""
    form = PatientForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            code = invite_patient(actor=request.actor, identity=form.identity, reached=form.reached)
        except Invalid as refused:
            form.add_error(None, str(refused))
        else:
            context = {"code": code, "name": form.identity.full_name, "back": "professional:patients"}
            return render(request, "welcoming/paper.html", context)
    return render(request, "welcoming/invite.html", {"form": form}, status=422 if form.errors else 200)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: Visit) -> HttpResponse:
    """The first step of a newcomer: the code on paper."""
    form = PaperForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        wait = throttling.take_place("invitation", throttling.address_of(request), most=_WRONG_CODES, during=_DURING)
        if wait:
            return refusals.too_many(request, wait)
        if accepting.show_paper(request, form.cleaned_data["code"]):
            return redirect("welcoming:accept")
        form.add_error("code", _("This code is not known, or older than 30 days. Check it, or ask for another."))
    return render(request, "welcoming/paper_code.html", {"form": form}, status=422 if form.errors else 200)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: Visit) -> HttpResponse:
    """The second step: the code that was sent, and a password."""
    if accepting.waiting_in(request) is None:
        return redirect("welcoming:paper")
    form = AcceptForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            outcome = accepting.accept(request, **form.cleaned_data)
        except ValidationError as weak:
            form.add_error("password", weak)
        else:
            if outcome is Confirmed.DONE:
                return redirect("accounts:second_factor")
            form.add_error("code", _not_the_code(outcome))
    return render(request, "welcoming/accept.html", {"form": form}, status=422 if form.errors else 200)


@open_to_all
@require_POST
def again(request: Visit) -> HttpResponse:
    """Another second code."""
    if accepting.send_second(request):
        messages.success(request, _("Another code is on its way. The former one is worth nothing any more."))
    else:
        messages.info(request, _("A code left less than a minute ago. Give it a moment."))
    return redirect("welcoming:accept")


def _not_the_code(outcome: Confirmed) -> str:
    if outcome is Confirmed.OVER:
        return _("This code is no longer worth anything. Ask for another one.")
    return _("This is not the code. Look again at the newest message.")
