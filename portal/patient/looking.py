"""The record as somebody else gets it; who sees a category, or could on a day; what the law made others tell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from consent.acting import now
from consent.asking import who_acts, who_could_see, why
from consent.categories import Category
from consent.declaring import declared
from consent.disclosing import Disclosed, read_disclosures
from consent.dossiers import DossierRef
from consent.explaining import Person, Sharing, people_at, read_sharing
from consent.exporting import export_consents
from consent.models import CareRelationship, Emergency, Opposition, Professional
from consent.professions import Profession
from consent.representing import SHAREABLE
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient.kinds import KINDS
from records.care_codes import show_code
from records.dossiers import aged_ref
from records.on_behalf import find_dossier
from records.previewing import Viewer, see_as

RECIPIENTS = {
    "civil_registry": gettext_lazy("the civil registry"),
    "prosecutor": gettext_lazy("the public prosecutor"),
    "regional_health_agency": gettext_lazy("the regional health agency"),
}
FIELDS = {
    "name": gettext_lazy("your name"),
    "date": gettext_lazy("the date"),
    "place": gettext_lazy("the place"),
    "sex": gettext_lazy("the sex"),
    "cause": gettext_lazy("the cause"),
    "findings": gettext_lazy("what was found"),
    "age": gettext_lazy("the age"),
    "department": gettext_lazy("the department"),
    "disease": gettext_lazy("the disease"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of the list of viewers."""

    value: str
    label: str


def viewers(sharing: Sharing) -> list[Choice]:
    """As whom the patient may look: those who take care of them, any member of a profession, the regulator, a carer."""
    people = [Choice(str(each.person.id), each.person.name) for each in sharing.professionals]
    trades = [
        Choice(each.value, _("Any professional new to you: %(profession)s") % {"profession": each.label})
        for each in Profession
        if each is not Profession.EMERGENCY_REGULATOR
    ]
    return [
        *people,
        Choice("regulator", _("The emergency regulator (15, 112)")),
        Choice("carer", _("A carer to whom you would entrust everything")),
        *trades,
    ]


def viewer_of(value: str) -> Viewer:
    """The viewer of an entry of the list.

    Raises:
        Http404: no entry has this value.
    """
    if value == "regulator":
        return Viewer(profession=Profession.EMERGENCY_REGULATOR.value, emergency=True)
    if value == "carer":
        return Viewer(carer_of=SHAREABLE)
    if value in set(Profession):
        return Viewer(profession=value)
    try:
        return Viewer(professional=UUID(value))
    except ValueError:
        raise Http404 from None


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def as_somebody(request: Visit) -> HttpResponse:
    """The record as somebody else gets it; nobody but the patient has looked."""
    ref = find_dossier(request.actor)
    choices = viewers(read_sharing(actor=request.actor, ref=ref))
    chosen = next((each for each in choices if each.value == request.GET.get("who")), None)
    preview = chosen and see_as(actor=request.actor, dossier_id=ref.id, viewer=viewer_of(chosen.value))
    return render(request, "patient/see_as.html", {"choices": choices, "chosen": chosen, "preview": preview})


class WhoForm(forms.Form):
    """A category and a day."""

    category = forms.ChoiceField(label=gettext_lazy("Category"))
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        help_text=gettext_lazy("Today if you leave it empty; a past day is answered as it stood at its end."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    field_order = ["category", "person", "day"]

    person = forms.ChoiceField(label=gettext_lazy("Who"), required=False)

    def __init__(self, *args: object, people: list[Person], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", _("Everybody")),
            *((str(each.id), each.name) for each in people),
        ]
        self.fields["category"].choices = [  # type: ignore[attr-defined]
            (category.value, category.label) for category in Category
        ]

    def at(self) -> datetime | None:
        """The last instant of the day, or nothing for now. Read it after ``is_valid()``."""
        day: date | None = self.cleaned_data["day"]
        if day is None or day >= timezone.localdate():
            return None
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=timezone.get_current_timezone())
        return midnight - timedelta(microseconds=1)

    def clean_day(self) -> date | None:
        """A day that has begun."""
        day: date | None = self.cleaned_data["day"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("Choose a day that has already begun: nobody knows what you will decide."))
        return day


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def who(request: Visit) -> HttpResponse:
    """Who can see a category now, or could on a past day, and why; or why one person can, or cannot."""
    ref = aged_ref(find_dossier(request.actor).id)
    form = WhoForm(request.GET if "category" in request.GET else None, people=_people(request, ref))
    context: dict[str, object] = {"form": form, "answers": None, "one": None, "kinds": KINDS}
    if form.is_bound and form.is_valid():
        actor, category, at = request.actor, Category(form.cleaned_data["category"]), form.at()
        if form.cleaned_data["person"]:
            person = UUID(form.cleaned_data["person"])
            context["one"] = why(actor=actor, ref=ref, professional=person, category=category, at=at)
        else:
            context["answers"] = who_could_see(actor=actor, ref=ref, category=category, at=at)
            context["acting"] = who_acts(actor=actor, ref=ref, category=category, at=at)
    return render(request, "patient/who.html", context)


def _people(request: Visit, ref: DossierRef) -> list[Person]:
    """Those of whom one may ask: who takes care of the patient, or ever did, whom they oppose, who broke the glass."""
    named = [
        each.objects.about(ref.id).values_list("professional", flat=True)
        for each in (CareRelationship, Opposition, Emergency)
    ]
    # A union, not conditions joined by OR, which would read the whole directory.
    with declared(ref.id):
        everybody = people_at(Professional.objects.filter(id__in=named[0].union(*named[1:])), now())
    in_teams = [
        member.person
        for team in read_sharing(actor=request.actor, ref=ref).teams
        for member in team.members
        if member.person.id not in everybody
    ]
    return sorted([*everybody.values(), *in_teams], key=lambda each: each.name)


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def disclosures(request: Visit) -> HttpResponse:
    """What the law made a professional tell about the patient."""
    told = read_disclosures(actor=request.actor, ref=find_dossier(request.actor))
    return render(request, "patient/disclosures.html", {"told": told, "recipients": RECIPIENTS, "words": field_words})


def field_words(told: Disclosed) -> list[str]:
    """The details that were sent, in words."""
    return [str(FIELDS.get(field, field)) for field in told.fields]


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def code(request: Visit) -> HttpResponse:
    """What a code is for; showing one is an act."""
    return render(request, "patient/code.html", {"shown": None})


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof()
def new_code(request: Visit) -> HttpResponse:
    """Shows a code on this screen, once."""
    shown = show_code(actor=request.actor, ref=find_dossier(request.actor))
    return render(request, "patient/code.html", {"shown": shown})


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(back=lambda _request: reverse("patient:sharing"))
def export(request: Visit) -> HttpResponse:
    """The consents in force as one FHIR file."""
    bundle = export_consents(actor=request.actor, ref=find_dossier(request.actor))
    answer = HttpResponse(json.dumps(bundle, ensure_ascii=False, indent=1), content_type="application/fhir+json")
    answer["Content-Disposition"] = f'attachment; filename="carnet-consents-{timezone.localdate():%Y-%m-%d}.json"'
    return answer
