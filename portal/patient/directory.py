"""Letting a professional in: find them in the public directory, say for how long, confirm."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Role
from consent.granting import open_relationship
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.directory import search, working
from portal.patient.forms import LengthForm, NameForm
from records.on_behalf import find_dossier


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def find(request: Visit) -> HttpResponse:
    """Looks for a professional by name; the name travels in the body, so that no server log keeps it."""
    form = NameForm(request.POST if request.method == "POST" else None)
    found = search(form.cleaned_data["name"]) if form.is_bound and form.is_valid() else None
    return render(request, "patient/find.html", {"form": form, "found": found})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(only_if=lambda request: request.method == "POST")
def welcome(request: Visit, professional_id: UUID) -> HttpResponse:
    """Says what opens, and for how long; then opens the care relationship."""
    person = working().filter(pk=professional_id).first()
    if person is None:
        raise Http404
    form = LengthForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        ref = find_dossier(request.actor)
        open_relationship(actor=request.actor, ref=ref, professional=person.id, until=form.until)
        messages.success(request, _("%(name)s now takes care of you in Carnet.") % {"name": person.name})
        return redirect("patient:sharing_professional", person.id)
    return render(request, "patient/welcome.html", {"form": form, "person": person})
