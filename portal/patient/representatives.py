"""Who acts for the patient, and the records of those for whom this person acts."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from consent.acting import now
from consent.ages import Age
from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.dossiers import DossierRef
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
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.finding.pages import Asked, drawer_for, found_for
from portal.patient.forms import LengthForm
from portal.patient.kinds import KINDS
from portal.switching import start, stop
from records.dossiers import aged_ref
from records.on_behalf import find_dossier
from records.reading import open_category, open_overview, open_record


class CarerForm(LengthForm):
    """Whom the patient entrusts with what, for how long."""

    login = forms.EmailField(
        label=gettext_lazy("E-mail address that this person signs in with"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    categories = forms.MultipleChoiceField(label=gettext_lazy("Categories"))
    field_order = ["login", "categories", "length"]
    kind = RepresentativeKind.CARER

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["categories"].choices = [  # type: ignore[attr-defined]
            (category.value, category.label) for category in Category if category in SHAREABLE
        ]


class ParentForm(CarerForm):
    """Who else acts for a minor."""

    kind_of = forms.ChoiceField(
        label=gettext_lazy("This person is"),
        choices=[(each.value, KINDS[each]) for each in (RepresentativeKind.PARENT, RepresentativeKind.GUARDIAN)],
    )
    field_order = ["login", "kind_of", "categories", "length"]

    @property
    def kind(self) -> RepresentativeKind:  # type: ignore[override]
        """What was chosen. Read it after ``is_valid()``."""
        return RepresentativeKind(self.cleaned_data["kind_of"])


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(only_if=lambda request: request.method == "POST")
def representatives(request: Visit) -> HttpResponse:
    """Those who act for the patient; a carer, or a second parent, is added by the address they sign in with."""
    ref = aged_ref(find_dossier(request.actor).id)
    form_class = CarerForm if ref.age is Age.ADULT else ParentForm
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            _add(request, ref, form)
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("This person now acts for this record. Each of their acts is in its history."))
            return redirect("patient:representatives")
    # From fifteen on a parent adds the other one, and reads no list: who acts is the minor's to see.
    own = request.actor.on_behalf_of is None
    known = read_representatives(actor=request.actor, ref=ref) if own or ref.age is Age.UNDER_15 else ()
    context = {"form": form, "known": known, "kinds": KINDS, "adult": ref.age is Age.ADULT, "own": own}
    return render(request, "patient/representatives.html", context)


def _add(request: Visit, ref: DossierRef, form: CarerForm) -> None:
    known = Account.objects.filter(login_digest=digest_of(form.cleaned_data["login"]), role=Account.Role.PATIENT)
    account = known.first()
    if account is None:
        # An address that is unknown and one of a professional answer alike.
        raise Invalid(_("No patient of Carnet signs in with this address."))
    add_representative(
        actor=request.actor,
        ref=ref,
        account=account.id,
        kind=form.kind,
        categories=[Category(each) for each in form.cleaned_data["categories"]],
        until=form.until,
    )


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
def end(request: Visit, representation_id: UUID) -> HttpResponse:
    """Somebody acts no longer for the patient."""
    end_representative(actor=request.actor, ref=find_dossier(request.actor), representation_id=representation_id)
    messages.success(request, _("This person no longer acts for this record."))
    return redirect("patient:representatives")


@require_POST
@only_for(Role.PATIENT, from_any_tab=True, on_behalf=True)
def act_for(request: Visit, dossier_id: UUID) -> HttpResponse:
    """From now on, this session acts for the patient of that dossier."""
    if not start(request, dossier_id):
        raise Http404
    return redirect("patient:their_record", dossier_id)


@require_POST
@only_for(Role.PATIENT, from_any_tab=True, on_behalf=True)
def stop_acting(request: Visit) -> HttpResponse:
    """Back to one's own record."""
    stop(request)
    messages.success(request, _("You act for yourself again."))
    return redirect("patient:home")


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def people(request: Visit) -> HttpResponse:
    """Those for whom this person acts."""
    found = [open_overview(actor=request.actor, dossier_id=each) for each in represented_by(request.actor.id, now())]
    return render(request, "patient/people.html", {"people": found})


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def overview(request: Visit, dossier_id: UUID) -> HttpResponse:
    """The record of somebody for whom this person acts."""
    found = open_overview(actor=request.actor, dossier_id=dossier_id)
    acts = request.actor.on_behalf_of == found.ref.pseudonym
    # Before fifteen, who acts for a child decides in its name; later the minor does.
    decides = found.ref.age is Age.UNDER_15
    context = {
        "overview": found,
        "acts": acts,
        "decides": decides,
        "minor": found.ref.age in {Age.UNDER_15, Age.FROM_15},
    }
    return render(request, "patient/their_record.html", context)


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def drawer(request: Visit, dossier_id: UUID, category: Category) -> HttpResponse:
    """One category of it."""
    leaf = Asked.of(request).leaf()
    found = open_category(actor=request.actor, dossier_id=dossier_id, category=category, leaf=leaf)
    return render(request, "patient/their_drawer.html", drawer_for(request, found))


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def time(request: Visit, dossier_id: UUID) -> HttpResponse:
    """All of it by time, or what a search found."""
    return render(request, "patient/their_time.html", found_for(request, dossier_id))


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def item(request: Visit, record_id: UUID) -> HttpResponse:
    """One document of it."""
    return render(request, "patient/their_item.html", {"view": open_record(actor=request.actor, record_id=record_id)})
