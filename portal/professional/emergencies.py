"""Emergency access: finding the person, giving the reason, ending it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.actor import Role
from consent.emergencies import end
from consent.granting import Invalid
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.professional.forms import EmergencyForm, FindForm
from portal.professional.standing import standing_of
from records.breaking_glass import break_glass
from records.identity import find_by_ins, read_identities, ref_of


def _is_whole(request: Visit) -> bool:
    """Whether an emergency is about to open: a form with a mistake comes back at once."""
    return request.method == "POST" and EmergencyForm(request.POST).is_valid()


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: Visit) -> HttpResponse:
    """Find somebody who is not in the list by their national number, posted so that no address holds it."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ref = find_by_ins(actor=request.actor, ins=form.cleaned_data["ins"])
        except Invalid as invalid:
            form.add_error("ins", invalid.sentence)
        else:
            if ref is not None:
                return redirect("professional:emergency", ref.id)
            form.add_error("ins", _("Carnet has no record under this number. Check it, or care without the record."))
    return render(request, "professional/emergency_find.html", {"form": form})


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_proof(staff_passkey=True, only_if=_is_whole)
def begin(request: Visit, dossier_id: UUID) -> HttpResponse:
    """Say why, and open the record for a few minutes."""
    form = EmergencyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            break_glass(actor=request.actor, dossier_id=dossier_id, **form.cleaned_data)
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            return redirect("professional:patient", dossier_id)
    # Somebody outside one's care stays without a name until the reason is given.
    identity = read_identities(actor=request.actor, dossier_ids=[dossier_id]).get(dossier_id)
    context = {"form": form, "dossier_id": dossier_id, "identity": identity, "minutes": settings.EMERGENCY_MINUTES}
    return render(request, "professional/emergency.html", context)


@only_for(Role.PROFESSIONAL)
@require_POST
def end_now(request: Visit, dossier_id: UUID) -> HttpResponse:
    """End one's own emergency access before its time."""
    standing = standing_of(request.actor, dossier_id)
    if standing.emergency is not None:
        try:
            end(actor=request.actor, ref=ref_of(dossier_id), emergency_id=standing.emergency.id)
        except Invalid as invalid:
            messages.info(request, invalid.sentence)
        else:
            messages.success(request, _("The emergency access has ended."))
    return redirect("professional:patient", dossier_id) if standing.related else redirect("professional:patients")
