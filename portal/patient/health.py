"""One's health on one page, or that of whom one acts for: the medical summary."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.actor import Role
from consent.acting import now
from consent.models import Professional
from consent.naming import treating_doctor
from portal.acting import Visit
from portal.audiences import only_for
from portal.health.summaries import parts_of
from records.on_behalf import find_dossier
from records.summarising import SummaryView, open_summary


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def summary(request: Visit) -> HttpResponse:
    """What matters on one page, to print and hand over."""
    view = open_summary(actor=request.actor, dossier_id=find_dossier(request.actor).id)
    context = {"view": view, "parts": parts_of(view), "doctor": _doctor(request, view), **footing(request, view.ref.id)}
    return render(request, "patient/summary.html", context)


def footing(request: Visit, dossier_id: object) -> dict[str, Any]:
    """Whether somebody looks at their own record, and whose it is else."""
    return {"own": request.actor.on_behalf_of is None, "dossier_id": dossier_id}


def _doctor(request: Visit, view: SummaryView) -> Professional | None:
    """The treating doctor, for the patient alone: who takes care of a minor may be a secret of theirs."""
    return treating_doctor(view.ref, now()) if request.actor.on_behalf_of is None else None
