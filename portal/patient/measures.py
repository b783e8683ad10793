"""One's own measurements, or those of whom one acts for: looking, writing down, taking out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.health.measurements import MeasureForm, boards_of
from portal.patient.health import footing
from records.measuring import open_measures, write_measures
from records.on_behalf import find_dossier
from records.removing import remove_own


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def measures(request: Visit) -> HttpResponse:
    """Curves and tables of what was measured."""
    view = open_measures(actor=request.actor, dossier_id=find_dossier(request.actor).id)
    context = {"view": view, "boards": boards_of(view), **footing(request, view.ref.id)}
    return render(request, "patient/measures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def add(request: Visit) -> HttpResponse:
    """Write down what was measured at one time."""
    now = timezone.localtime()
    initial = {"day": now.date(), "time": now.time()}
    form = MeasureForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        measured = form.measured()
        own = request.actor.on_behalf_of is None
        by = _("The patient") if own else _("Somebody who acts for the patient")
        write_measures(actor=request.actor, dossier_id=find_dossier(request.actor).id, measured=measured, by=by)
        told = ngettext(
            "%(num)s measurement was written down.", "%(num)s measurements were written down.", len(measured)
        )
        messages.success(request, told % {"num": len(measured)})
        return redirect("health:measures")
    return render(request, "patient/measure_add.html", {"form": form})


@require_POST
@only_for(Role.PATIENT)
def remove(request: Visit, record_id: UUID) -> HttpResponse:
    """Take out a measurement that was written down by mistake."""
    remove_own(actor=request.actor, record_id=record_id, confirmed="confirmed" in request.POST)
    messages.success(request, _("The measurement is deleted."))
    return redirect("health:measures")
