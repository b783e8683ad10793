"""``/letters/address/``: where one's letters go, and another address that proves itself with a code."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from consent.granting import Invalid
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.notifications import readdressing
from portal.notifications.forms import AddressForm, CodeForm
from portal.notifications.kinds import Channel
from portal.notifications.readdressing import MOST_TRIES, Confirmed


@require_safe
def address(request: Visit) -> HttpResponse:
    """Where letters go now; a form for another address, or for the code of one that waits."""
    return _shown(request)


@require_POST
@fresh_proof()
def ask(request: Visit) -> HttpResponse:
    """Another address is written down, and a code goes to it."""
    form = AddressForm(request.POST, ways=readdressing.ways_of(request.actor))
    if form.is_valid():
        try:
            readdressing.ask(
                actor=request.actor, channel=Channel(form.cleaned_data["channel"]), typed=form.cleaned_data["address"]
            )
        except Invalid as refusal:
            form.add_error("address", str(refusal))
        else:
            return redirect("notifications:address")
    return _shown(request, asked=form, status=422)


@require_POST
def confirm(request: Visit) -> HttpResponse:
    """The code is typed."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _shown(request, coded=form, status=422)
    outcome = readdressing.confirm(actor=request.actor, code=form.cleaned_data["code"])
    if outcome is Confirmed.WRONG:
        form.add_error("code", _("This is not the code. Look again at the newest message."))
        return _shown(request, coded=form, status=422)
    if outcome is Confirmed.OVER:
        messages.warning(request, _("The code is no longer worth anything. Nothing was changed. Ask for another one."))
    else:
        messages.success(request, _("Your letters go to the new address from now on. The former one was told."))
    return redirect("notifications:address")


@require_POST
def leave(request: Visit) -> HttpResponse:
    """The address in force stays."""
    readdressing.leave(actor=request.actor)
    messages.success(request, _("Nothing was changed."))
    return redirect("notifications:address")


def _shown(
    request: Visit, *, asked: AddressForm | None = None, coded: CodeForm | None = None, status: int = 200
) -> HttpResponse:
    ways = readdressing.ways_of(request.actor)
    waiting = readdressing.waiting_for(request.actor)
    left = MOST_TRIES - waiting.tries if waiting else 0
    context = {
        "contact": readdressing.current_contact(actor=request.actor),
        "waiting": waiting.opened().address if waiting else "",
        "tries": ngettext("%(num)s try is left.", "%(num)s tries are left.", left) % {"num": left},
        "form": asked or AddressForm(ways=ways),
        "code_form": coded or CodeForm(),
        "has_phone": Channel.SMS in ways,
    }
    return render(request, "notifications/address.html", context, status=status)
