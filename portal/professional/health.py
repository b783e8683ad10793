"""A patient's health on one page, as far as it is shared with the professional who reads it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.health.summaries import parts_of
from portal.professional.standing import age_on, standing_of
from records.summarising import open_summary


@only_for(Role.PROFESSIONAL)
@require_safe
def summary(request: Visit, dossier_id: UUID) -> HttpResponse:
    """What matters on one page; a part that is closed to the reader looks like one with nothing in it."""
    view = open_summary(actor=request.actor, dossier_id=dossier_id)
    context = {
        "view": view,
        "parts": parts_of(view),
        "standing": standing_of(request.actor, view.ref.id),
        "age": age_on(view.identity.birth_date, timezone.localdate()),
    }
    return render(request, "professional/summary.html", context)
