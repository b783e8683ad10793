"""Emergencies to review: which pseudonym broke the glass, when and why; never whose record, never the words."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from consent.models import Verdict
from consent.reviews import Invalid, read_queue, review
from portal.acting import Visit
from portal.audiences import only_for


@require_safe
@only_for(Role.ADMINISTRATOR)
def reviews(request: Visit) -> HttpResponse:
    """What waits, the most urgent first."""
    return render(request, "administration/reviews.html", {"queue": read_queue(actor=request.actor)})


@require_POST
@only_for(Role.ADMINISTRATOR)
def conclude(request: Visit, emergency_id: UUID) -> HttpResponse:
    """Concludes one review."""
    verdict = request.POST.get("verdict", "")
    if verdict not in set(Verdict):
        raise Invalid(_("Say whether the emergency was justified."))
    review(actor=request.actor, emergency_id=emergency_id, verdict=Verdict(verdict))
    messages.success(request, _("The review is written in the log."))
    return redirect("administration:reviews")
