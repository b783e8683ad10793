"""What professionals do: ask for a category, add a text to a record."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Role
from consent.categories import Category
from consent.facts import load_facts
from consent.granting import Invalid, request_access
from portal.acting import Visit
from portal.audiences import only_for
from portal.professional.composing import compose
from portal.professional.forms import DepositForm, RequestForm
from portal.professional.naming import named, signature_of
from portal.professional.offering import open_to_deposit, worth_asking_for
from portal.professional.standing import age_on
from records.formats.fhir.bundle import to_json
from records.formats.fhir.heading import header_of
from records.formats.fhir.references import References
from records.identity import ref_of
from records.writing import deposit


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Visit, dossier_id: UUID) -> HttpResponse:
    """Ask the patient for a category, with a purpose from a closed list."""
    identity, ref = named(request.actor, dossier_id), ref_of(dossier_id)
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        categories=worth_asking_for(load_facts(request.actor, ref)),
        initial={"category": request.GET.get("category", "")},
    )
    if form.is_valid():
        category = Category(form.cleaned_data["category"])
        try:
            request_access(actor=request.actor, ref=ref, category=category, purpose=form.cleaned_data["purpose"])
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("Your request was sent. You will see the category here if it is opened."))
            return redirect("professional:patient", dossier_id)
    context = {"form": form, "dossier_id": dossier_id, "identity": identity}
    return render(request, "professional/request.html", context)


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def deposit_note(request: Visit, dossier_id: UUID) -> HttpResponse:
    """Add a consultation note, a certificate or another text to the record."""
    identity = named(request.actor, dossier_id)
    form = DepositForm(
        request.POST if request.method == "POST" else None,
        categories=open_to_deposit(load_facts(request.actor, ref_of(dossier_id))),
        initial={"written_on": timezone.localdate()},
    )
    if form.is_valid():
        note = form.note()
        resource = compose(note, signature_of(request.actor), written_at=timezone.now())
        deposit(
            actor=request.actor,
            dossier_id=dossier_id,
            category=note.category,
            header=header_of(resource, References()),
            resource=to_json(resource),
        )
        messages.success(request, _("The document was added to the record."))
        return redirect("professional:drawer", dossier_id, note.category.value)
    age = age_on(identity.birth_date, timezone.localdate())
    context = {"form": form, "dossier_id": dossier_id, "identity": identity, "age": age}
    return render(request, "professional/deposit.html", context)
