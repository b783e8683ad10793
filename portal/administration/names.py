"""Names behind pseudonyms: asking, agreeing, and reading one for an hour. The list shows pseudonyms only."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.oversight.models import UnsealingReason
from portal.oversight.unsealing import agree_to_name, ask_name, read_name, read_requests


@require_safe
@only_for(Role.ADMINISTRATOR)
def names(request: Visit) -> HttpResponse:
    """The requests, newest first, and the form to ask."""
    shown = {"requests": read_requests(actor=request.actor), "reasons": UnsealingReason.choices}
    return render(request, "administration/names.html", shown | {"asked": request.GET.get("pseudonym", "")[:40]})


@require_POST
@only_for(Role.ADMINISTRATOR)
@fresh_proof(staff_passkey=True)
def ask(request: Visit) -> HttpResponse:
    """Ask for one name."""
    ask_name(
        actor=request.actor, pseudonym=request.POST.get("pseudonym", "")[:40], reason=request.POST.get("reason", "")
    )
    messages.success(request, _("A second administrator must agree. Nothing is opened until then."))
    return redirect("administration:names")


@require_POST
@only_for(Role.ADMINISTRATOR)
@fresh_proof(staff_passkey=True)
def agree(request: Visit, request_id: UUID) -> HttpResponse:
    """Agree to what another administrator asked for."""
    agree_to_name(actor=request.actor, request_id=request_id)
    messages.success(request, _("The name can be read for one hour. The person is told."))
    return redirect("administration:names")


@require_POST
@only_for(Role.ADMINISTRATOR)
@fresh_proof(staff_passkey=True)
def name(request: Visit, request_id: UUID) -> HttpResponse:
    """The name, on this page alone."""
    opened = read_name(actor=request.actor, request_id=request_id)
    return render(request, "administration/name.html", {"opened": opened})
