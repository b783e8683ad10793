"""Asking the author of a document to put it right, what became of it, and the versions that were replaced."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Role
from consent.granting import Invalid
from portal.acting import Visit
from portal.audiences import only_for
from portal.filing.names import name_of_professional
from portal.patient.health import footing
from records.correcting import ask_correction, read_corrections
from records.former import open_version
from records.on_behalf import find_dossier
from records.reading import open_record


class CorrectionForm(forms.Form):
    """What is wrong, and what would be right."""

    words = forms.CharField(
        label=gettext_lazy("What is wrong, and what would be right"),
        max_length=2_000,
        help_text=gettext_lazy("Its author reads these words, and nobody else."),
        error_messages={"required": gettext_lazy("Say what is wrong, and what would be right.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def ask(request: Visit, record_id: UUID) -> HttpResponse:
    """Ask for a correction of one document."""
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ask_correction(actor=request.actor, record_id=record_id, words=form.cleaned_data["words"])
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("Your request was sent to its author. An answer is due within one month."))
            return redirect("corrections:list")
    view = open_record(actor=request.actor, record_id=record_id)
    who = name_of_professional(view.item.author) if view.item.author else ""
    return render(request, "patient/correction_ask.html", {"form": form, "view": view, "who": who})


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def corrections(request: Visit) -> HttpResponse:
    """What was asked, with its answers and deadlines."""
    lines = [(one, name_of_professional(one.author)) for one in read_corrections(actor=request.actor)]
    context: dict[str, Any] = {"lines": lines, **footing(request, find_dossier(request.actor).id)}
    return render(request, "patient/corrections.html", context)


@require_safe
@only_for(Role.PATIENT, on_behalf=True)
def version(request: Visit, record_id: UUID, revision: int) -> HttpResponse:
    """A document as it was before it was corrected."""
    view = open_version(actor=request.actor, record_id=record_id, revision=revision)
    return render(request, "patient/version.html", {"view": view})
