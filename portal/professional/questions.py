"""Accesses of one's own that a patient does not recognise: to explain by a code and words."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.oversight.cases import cases_to_explain, explain
from portal.oversight.models import Code
from portal.oversight.showing import shown_cases
from portal.professional.naming import people_behind
from records.reasons import LONGEST


class ExplanationForm(forms.Form):
    """Why a professional opened a record: a code for administrators, words for the patient."""

    code = forms.ChoiceField(label=gettext_lazy("Why you opened the record"), choices=Code.choices)
    words = forms.CharField(label=gettext_lazy("Your words for the patient"), max_length=LONGEST)


@require_safe
@only_for(Role.PROFESSIONAL)
def questions(request: Visit) -> HttpResponse:
    """The cases, those that wait first."""
    return _page(request)


def _page(request: Visit, failed: UUID | None = None, form: ExplanationForm | None = None) -> HttpResponse:
    """The cases; what was typed for one of them and cannot be sent is kept, with what to correct."""
    cases = shown_cases(cases_to_explain(request.actor))
    people = people_behind(request.actor, {case.pseudonym for case in cases})
    shown = {"cases": cases, "people": people, "codes": Code.choices, "failed": failed, "form": form}
    return render(request, "professional/questions.html", shown)


@require_POST
@only_for(Role.PROFESSIONAL)
def answer(request: Visit, case_id: UUID) -> HttpResponse:
    """Explain one access."""
    form = ExplanationForm(request.POST, auto_id=f"%s-{case_id}")
    if not form.is_valid():
        return _page(request, case_id, form)
    explain(actor=request.actor, case_id=case_id, code=form.cleaned_data["code"], text=form.cleaned_data["words"])
    messages.success(request, _("The patient can read your explanation. An administrator reads only its code."))
    return redirect("explaining:list")
