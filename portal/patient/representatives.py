"""Who acts for the patient, and the records of those for whom this person acts."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from consent.acting import now
from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.representing import (
    SHAREABLE,
    Invalid,
    add_representative,
    end_representative,
    read_representatives,
    represented_by,
)
from portal.accounts.logins import digest_of
from portal.accounts.models import Account
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient.forms import LengthForm
from records.dossiers import aged_ref
from records.identity import find_own
from records.reading import open_category, open_overview, open_record

KINDS = {
    RepresentativeKind.PARENT: gettext_lazy("Parent"),
    RepresentativeKind.GUARDIAN: gettext_lazy("Guardian"),
    RepresentativeKind.CARER: gettext_lazy("Carer"),
}


class CarerForm(LengthForm):
    """Whom the patient entrusts with what, for how long."""

    login = forms.EmailField(
        label=gettext_lazy("E-mail address that this person signs in with"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    categories = forms.MultipleChoiceField(label=gettext_lazy("Categories"))
    field_order = ["login", "categories", "length"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["categories"].choices = [  # type: ignore[attr-defined]
            (category.value, category.label) for category in Category if category in SHAREABLE
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT)
def representatives(request: Visit) -> HttpResponse:
    """Those who act for the patient; a carer is added by the address they sign in with."""
    ref = aged_ref(find_own(request.actor).id)
    form = CarerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        known = Account.objects.filter(login_digest=digest_of(form.cleaned_data["login"]), role=Account.Role.PATIENT)
        account = known.first()
        try:
            if account is None:
                # An address that is unknown and one of a professional answer alike.
                raise Invalid(_("No patient of Carnet signs in with this address."))
            add_representative(
                actor=request.actor, ref=ref, account=account.id, kind=RepresentativeKind.CARER,
                categories=[Category(each) for each in form.cleaned_data["categories"]], until=form.until,
            )  # fmt: skip
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("This person now acts for you. Each of their acts is in your history."))
            return redirect("patient:representatives")
    known_ones = read_representatives(actor=request.actor, ref=ref)
    return render(request, "patient/representatives.html", {"form": form, "known": known_ones, "kinds": KINDS})


@require_POST
@only_for(Role.PATIENT)
def end(request: Visit, representation_id: UUID) -> HttpResponse:
    """Somebody acts no longer for the patient."""
    end_representative(actor=request.actor, ref=find_own(request.actor), representation_id=representation_id)
    messages.success(request, _("This person no longer acts for you."))
    return redirect("patient:representatives")


@require_safe
@only_for(Role.PATIENT)
def people(request: Visit) -> HttpResponse:
    """Those for whom this person acts."""
    found = [open_overview(actor=request.actor, dossier_id=each) for each in represented_by(request.actor.id, now())]
    return render(request, "patient/people.html", {"people": found})


@require_safe
@only_for(Role.PATIENT)
def overview(request: Visit, dossier_id: UUID) -> HttpResponse:
    """The record of somebody for whom this person acts."""
    found = open_overview(actor=request.actor, dossier_id=dossier_id)
    return render(request, "patient/their_record.html", {"overview": found})


@require_safe
@only_for(Role.PATIENT)
def drawer(request: Visit, dossier_id: UUID, category: Category) -> HttpResponse:
    """One category of it."""
    found = open_category(actor=request.actor, dossier_id=dossier_id, category=category)
    return render(request, "patient/their_drawer.html", {"drawer": found})


@require_safe
@only_for(Role.PATIENT)
def item(request: Visit, record_id: UUID) -> HttpResponse:
    """One document of it."""
    return render(request, "patient/their_item.html", {"view": open_record(actor=request.actor, record_id=record_id)})
