"""The letters of a patient, in the portal."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.notifications.models import Letter

SHOWN = 100


@only_for(Role.PATIENT)
@require_safe
def letters(request: Visit) -> HttpResponse:
    """The newest letters; opening the page changes nothing."""
    own = Letter.objects.addressed_to(request.actor.id)
    return render(request, "notifications/letters.html", {"letters": own[:SHOWN], "unread": own.unread().count()})


@only_for(Role.PATIENT)
@require_POST
def mark_read(request: Visit) -> HttpResponse:
    """Mark all letters as read."""
    Letter.objects.addressed_to(request.actor.id).mark_read()
    return redirect("notifications:letters")
