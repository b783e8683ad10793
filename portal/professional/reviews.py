"""Emergencies of colleagues, for the reviewing doctor of an organisation: why, in their words; never whose record."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from consent.models import Verdict
from consent.reviewers import read_own
from consent.reviews import Invalid, review
from portal.acting import Visit
from portal.audiences import only_for
from records.reviewing import read_reason


@require_safe
@only_for(Role.PROFESSIONAL)
def reviews(request: Visit) -> HttpResponse:
    """The emergencies of the organisation, those that wait first."""
    return render(request, "professional/reviews.html", {"emergencies": read_own(actor=request.actor)})


@require_safe
@only_for(Role.PROFESSIONAL)
def reason(request: Visit, emergency_id: UUID) -> HttpResponse:
    """Why one of them was opened."""
    read = read_reason(actor=request.actor, emergency_id=emergency_id)
    return render(request, "professional/review.html", {"read": read})


@require_POST
@only_for(Role.PROFESSIONAL)
def verdict(request: Visit, emergency_id: UUID) -> HttpResponse:
    """Concludes its review."""
    said = request.POST.get("verdict", "")
    if said not in set(Verdict):
        raise Invalid(_("Say whether the emergency was justified."))
    review(actor=request.actor, emergency_id=emergency_id, verdict=Verdict(said))
    messages.success(request, _("The review is written in the log."))
    return redirect("reviewing:list")
