"""The first page: what is new, who sees what, who looked, and whether the log is signed."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from audit.actor import Role
from audit.reviewing import latest_checkpoint
from consent.explaining import read_sharing
from portal.acting import Visit
from portal.audiences import only_for
from portal.notifications.models import Letter
from portal.patient import history
from portal.patient.changes import is_opposed
from records.asking_papers import count_waiting
from records.on_behalf import find_dossier
from records.reading import open_overview

_NEWEST = 5


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def home(request: Visit) -> HttpResponse:
    """The patient's home; who acts for somebody comes to the record of that person."""
    if request.actor.on_behalf_of is not None:
        return redirect("patient:their_record", find_dossier(request.actor).id)
    overview = open_overview(actor=request.actor, newest=_NEWEST)
    context = {
        "overview": overview,
        "sharing": read_sharing(actor=request.actor, ref=overview.ref),
        "emergency": history.fresh_emergency(overview.ref, request.actor),
        "looks": history.last_looks(overview.ref, request.actor),
        "checkpoint": latest_checkpoint(),
        "is_opposed": is_opposed,
        "papers": count_waiting(overview.ref.id),
        "unread": Letter.objects.addressed_to(request.actor.id).unread().count(),
    }
    return render(request, "patient/home.html", context)
