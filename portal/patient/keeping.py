"""What a patient does with the record as a whole; and the change of its key, which they call its lock."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from audit.actor import Role
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.celery import app
from records.identity import find_own
from records.key_report import read_lock
from records.rotation import Busy, begin


@require_safe
@only_for(Role.PATIENT)
def overview(request: Visit) -> HttpResponse:
    """Change the lock, take everything away, close."""
    return render(request, "patient/keeping.html", {"lock": read_lock(find_own(request.actor).id)})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT)
@fresh_proof(only_if=lambda request: request.method == "POST")
def lock(request: Visit) -> HttpResponse:
    """How far a change is; asked for with a fresh proof, it goes on by itself."""
    dossier_id = find_own(request.actor).id
    now = read_lock(dossier_id)
    if request.method != "POST":
        return render(request, "patient/lock.html", {"lock": now})
    if now.turning:
        return redirect("keeping:lock")
    try:
        # Sent twice, it turns once: only the lock that the page was made for.
        begin(actor=request.actor, dossier_id=dossier_id, version=now.version)
    except Busy:
        messages.error(request, _("Somebody is writing in your record at this moment. Nothing was changed: try again."))
        return redirect("keeping:lock")
    _carry_on()
    messages.success(request, _("Your record has a new lock. What was written before moves under it by itself."))
    return redirect("keeping:lock")


def _carry_on() -> None:
    try:
        app.send_task("keys.carry_on", queue="bulk")
    except OperationalError:
        # Beat sends the same task within the minute.
        return
