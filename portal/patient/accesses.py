"""Who looked, when, at what and why it was allowed; refused attempts too."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.actor import Role
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient.history import Show, read_history
from portal.patient.narrowing import NarrowingForm


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def accesses(request: Visit) -> HttpResponse:
    """The history, page by page; a fragment request gets the next lines alone."""
    asked = request.GET.get("show", Show.OTHERS.value)
    show = Show(asked) if asked in set(Show) else Show.OTHERS
    form = NarrowingForm(request.GET)
    before = request.GET.get("before") or None
    history = read_history(actor=request.actor, show=show, narrowed=form.narrowed(), before=before)
    template = "patient/lines.html" if request.htmx else "patient/accesses.html"
    context = {"history": history, "show": show, "form": form, "kept": form.as_query(), "asked": form.has_changed()}
    return render(request, template, context)
