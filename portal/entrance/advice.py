"""What advisers see, and all they see: who wants to be called back, and which messages people found suspicious."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.entrance import calling, reporting
from portal.entrance.forms import DAYS, PARTS, WAYS, AnswerForm
from portal.entrance.models import Conclusion


@require_safe
@only_for(Role.ADVISER)
def queue(request: Visit) -> HttpResponse:
    """The oldest wishes first."""
    context = {"waiting": calling.waiting(actor=request.actor), "days": dict(DAYS), "parts": dict(PARTS)}
    return render(request, "entrance/queue.html", context)


@require_POST
@only_for(Role.ADVISER)
def done(request: Visit, call_id: UUID) -> HttpResponse:
    """Takes a wish out of the queue; its words are erased."""
    calling.done(actor=request.actor, call_id=call_id)
    messages.success(request, _("Done. What this person wrote is erased."))
    return redirect("entrance:queue")


@require_safe
@only_for(Role.ADVISER)
def reported(request: Visit) -> HttpResponse:
    """Messages without a conclusion, the oldest first."""
    context = {
        "reported": reporting.reported(actor=request.actor),
        "ways": dict(WAYS),
        "conclusions": Conclusion.choices,
    }
    return render(request, "entrance/reports.html", context)


@require_POST
@only_for(Role.ADVISER)
def answer(request: Visit, report_id: UUID) -> HttpResponse:
    """Keeps the conclusion; the words are erased."""
    form = AnswerForm(request.POST)
    if form.is_valid():
        reporting.answer(actor=request.actor, report_id=report_id, conclusion=form.cleaned_data["conclusion"])
        messages.success(request, _("Done. The message is erased; whoever reported it signed in gets a letter."))
    else:
        messages.error(request, _("Choose a conclusion."))
    return redirect("entrance:reports")
