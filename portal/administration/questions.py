"""Questioned accesses as administrators see them: pseudonyms, codes, deadlines; and their conclusion."""

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
from portal.oversight.cases import conclude, read_cases
from portal.oversight.showing import shown_cases


@require_safe
@only_for(Role.ADMINISTRATOR)
def questions(request: Visit) -> HttpResponse:
    """What waits, what is overdue, what was concluded."""
    return render(request, "administration/questions.html", {"cases": shown_cases(read_cases(actor=request.actor))})


@require_POST
@only_for(Role.ADMINISTRATOR)
def decide(request: Visit, case_id: UUID) -> HttpResponse:
    """End one case."""
    conclude(actor=request.actor, case_id=case_id, conclusion=request.POST.get("conclusion", ""))
    messages.success(request, _("The case is concluded. The patient reads the outcome."))
    return redirect("administration:questions")
