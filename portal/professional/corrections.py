"""What patients ask the author of a document to put right: the list, one request, the answer, former versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Role
from consent.granting import Invalid
from portal.acting import Visit
from portal.audiences import only_for
from portal.professional.standing import age_on
from records.correcting import CorrectionView, answer, open_correction, read_corrections
from records.former import open_version

_DONE, _REFUSED = "done", "refused"


class AnswerForm(forms.Form):
    """The document put right, or why it is not."""

    decision = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[(_DONE, gettext_lazy("I put it right")), (_REFUSED, gettext_lazy("I do not put it right"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    text = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 10}))
    mistaken = forms.BooleanField(
        label=gettext_lazy("It was entered by mistake: it is not about this person, or never happened"), required=False
    )
    words = forms.CharField(
        label=gettext_lazy("A word for the patient"),
        help_text=gettext_lazy("Needed when you do not put it right: say why."),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, view: CorrectionView, **kwargs: Any) -> None:
        kwargs["initial"] = {"title": view.item.header.title, "text": view.text or ""}
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Text") if view.text is not None else _("What is right instead")
        if view.text is None:
            self.fields["text"].help_text = _("The document stays as it is; this stands first on its page from now on.")

    def clean(self) -> dict[str, Any]:
        """A refusal says why."""
        said = super().clean() or {}
        if said.get("decision") == _REFUSED and not said.get("words", "").strip():
            self.add_error("words", _("Say why it is not corrected: the patient reads it."))
        return said


@only_for(Role.PROFESSIONAL)
@require_safe
def corrections(request: Visit) -> HttpResponse:
    """What patients ask to put right, those that wait first."""
    lines = read_corrections(actor=request.actor)
    return render(request, "professional/corrections.html", {"lines": lines, "today": timezone.localdate()})


@only_for(Role.PROFESSIONAL)
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: Visit, correction_id: UUID) -> HttpResponse:
    """One request: put the document right, or say why not."""
    view = open_correction(actor=request.actor, correction_id=correction_id)
    form = AnswerForm(request.POST if request.method == "POST" else None, view=view)
    if form.is_valid():
        try:
            _answer(request, correction_id, form.cleaned_data)
        except Invalid as invalid:
            form.add_error(None, invalid.sentence)
        else:
            messages.success(request, _("Your answer is given. The patient is told, and reads it in Carnet."))
            return redirect("correcting:list")
    age = age_on(view.identity.birth_date, timezone.localdate())
    return render(request, "professional/correction.html", {"form": form, "view": view, "age": age})


def _answer(request: Visit, correction_id: UUID, said: dict[str, Any]) -> None:
    answer(
        actor=request.actor,
        correction_id=correction_id,
        done=said["decision"] == _DONE,
        words=said["words"],
        title=said["title"],
        text=said["text"],
        mistaken=said["mistaken"],
    )


@only_for(Role.PROFESSIONAL)
@require_safe
def version(request: Visit, record_id: UUID, revision: int) -> HttpResponse:
    """A document of one's own as it was before it was corrected."""
    view = open_version(actor=request.actor, record_id=record_id, revision=revision)
    age = age_on(view.identity.birth_date, timezone.localdate())
    return render(request, "professional/version.html", {"view": view, "age": age})
