"""Take my data away: ask for a copy, see how far it is, download it once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast
from uuid import UUID

from django import forms
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from kombu.exceptions import OperationalError

from audit.actor import Role
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.takeaway.tasks import make
from records.copying import CopyShape, Taking, ask, of_asker, take, throw_away
from records.on_behalf import find_dossier


class CopyForm(forms.Form):
    """What to take away, and whether it also holds what is hidden from one's screens.

    Asked of everybody, so that it tells nothing.
    """

    shape = forms.ChoiceField(
        label=_("What do you want to take away?"),
        choices=CopyShape.choices,
        initial=CopyShape.FOLDER,
        widget=forms.RadioSelect,
        required=False,
    )
    hidden = forms.BooleanField(label=_("Also what I hide from my own screens"), required=False)


# The media type of each, and how its file is called.
_FILES = {
    CopyShape.FOLDER: ("application/zip", ".zip"),
    CopyShape.FHIR: ("application/fhir+json", ".fhir.json"),
    CopyShape.IPS: ("application/fhir+json", "-summary.fhir.json"),
    CopyShape.PDF: ("application/pdf", "-summary.pdf"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(only_if=lambda request: request.method == "POST")
def copy(request: Visit) -> HttpResponse:
    """Ask for a copy, or see how far it is; somebody who acts for a patient gets what they may see."""
    dossier_id, own = find_dossier(request.actor).id, request.actor.on_behalf_of is None
    form = CopyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        language = (get_language() or "fr")[:2]
        # What patients hide from their own screens is not hidden from who acts for them.
        hidden = form.cleaned_data["hidden"] or not own
        shape = CopyShape(form.cleaned_data["shape"] or CopyShape.FOLDER)
        copy_id = ask(actor=request.actor, dossier_id=dossier_id, language=language, with_hidden=hidden, shape=shape)
        _send(copy_id)
        return redirect("keeping:copy")
    found = of_asker(request.actor, dossier_id)
    context = {"form": form, "copy": found, "now": timezone.now(), "own": own, "dossier_id": dossier_id}
    return render(request, "patient/copy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
@fresh_proof(carry=False)
def download(request: Visit, copy_id: UUID) -> HttpResponse:
    """The file, once. A visit, or the proof just given, leads to the page with its button."""
    if request.method != "POST" or "take" not in request.POST:
        return redirect("keeping:copy")
    taking = take(actor=request.actor, copy_id=copy_id)
    media, ending = _FILES[taking.shape]
    answer = StreamingHttpResponse(_streamed(taking, copy_id), content_type=media)
    answer["Content-Length"] = str(taking.size)
    name = f"carnet-{timezone.localtime(taking.made_at):%Y-%m-%d}{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast(HttpResponse, answer)


def _streamed(taking: Taking, copy_id: UUID) -> Iterator[bytes]:
    # A part that does not open breaks the connection off: a file that ends too early must not look whole.
    yield from taking.parts
    throw_away(copy_id)


def _send(copy_id: UUID) -> None:
    try:
        make.apply_async([str(copy_id)], queue="bulk")
    except OperationalError:
        # Beat picks it up in two minutes.
        return
