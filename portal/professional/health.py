"""A patient's health on one page, as far as it is shared with the professional who reads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.health.measurements import boards_of
from portal.health.summaries import parts_of
from portal.health.vaccines import TO_CHECK, lines_of, names_of
from portal.professional.standing import age_on, standing_of
from records.measuring import MeasuresView, open_measures
from records.summarising import SummaryView, open_summary
from records.vaccinations import VaccinationView, open_vaccinations


@only_for(Role.PROFESSIONAL)
@require_safe
def summary(request: Visit, dossier_id: UUID) -> HttpResponse:
    """What matters on one page; a part that is closed to the reader looks like one with nothing in it."""
    view = open_summary(actor=request.actor, dossier_id=dossier_id)
    return render(request, "professional/summary.html", {"parts": parts_of(view), **_page(request, view)})


@only_for(Role.PROFESSIONAL)
@require_safe
def vaccinations(request: Visit, dossier_id: UUID) -> HttpResponse:
    """What was given, and what is usual at this age."""
    view = open_vaccinations(actor=request.actor, dossier_id=dossier_id)
    context = {"lines": lines_of(view), "to_check": TO_CHECK, "names_of": names_of, **_page(request, view)}
    return render(request, "professional/vaccinations.html", context)


@only_for(Role.PROFESSIONAL)
@require_safe
def measures(request: Visit, dossier_id: UUID) -> HttpResponse:
    """What was measured, at home or by professionals."""
    view = open_measures(actor=request.actor, dossier_id=dossier_id)
    return render(request, "professional/measures.html", {"boards": boards_of(view), **_page(request, view)})


def _page(request: Visit, view: SummaryView | VaccinationView | MeasuresView) -> dict[str, Any]:
    return {
        "view": view,
        "standing": standing_of(request.actor, view.ref.id),
        "age": age_on(view.identity.birth_date, timezone.localdate()),
    }
