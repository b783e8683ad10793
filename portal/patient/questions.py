"""\"I do not recognise this access\": asking, and reading the answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from consent.models import Professional
from portal.acting import Visit
from portal.audiences import only_for
from portal.oversight.cases import open_case, read_own_cases
from portal.oversight.showing import shown_cases


@require_POST
@only_for(Role.PATIENT)
def question(request: Visit, entry_id: UUID) -> HttpResponse:
    """Ask about one line."""
    open_case(actor=request.actor, entry_id=entry_id)
    messages.success(request, _("The professional was asked to explain this access. You will read the answer here."))
    return redirect("questions:list")


@require_safe
@only_for(Role.PATIENT)
def questions(request: Visit) -> HttpResponse:
    """What was asked, and what became of it."""
    cases = shown_cases(read_own_cases(actor=request.actor))
    people = Professional.objects.filter(account_id__in={case.account for case in cases})
    names = {person.account_id: person.name for person in people}
    return render(request, "patient/questions.html", {"cases": cases, "names": names})
