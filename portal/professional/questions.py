"""Accesses of one's own that a patient does not recognise: to explain by a code and words."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.oversight.cases import cases_to_explain, explain
from portal.oversight.models import Code
from portal.oversight.showing import shown_cases
from portal.professional.naming import people_behind


@require_safe
@only_for(Role.PROFESSIONAL)
def questions(request: Visit) -> HttpResponse:
    """The cases, those that wait first."""
    cases = shown_cases(cases_to_explain(request.actor))
    people = people_behind(request.actor, {case.pseudonym for case in cases})
    shown = {"cases": cases, "people": people, "codes": Code.choices}
    return render(request, "professional/questions.html", shown)


@require_POST
@only_for(Role.PROFESSIONAL)
def answer(request: Visit, case_id: UUID) -> HttpResponse:
    """Explain one access."""
    explain(actor=request.actor, case_id=case_id, code=request.POST.get("code", ""), text=request.POST.get("words", ""))
    messages.success(request, _("The patient can read your explanation. An administrator reads only its code."))
    return redirect("explaining:list")
