"""Closing one's record, and the receipt that stays."""

from __future__ import annotations

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Role
from audit.events import Event
from audit.log import LoggedEntry, entries_about
from audit.proving import NotProven, prove_dossier
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from records.closing import KEPT_YEARS, Receipt, read_receipt
from records.closing import close as close_record
from records.dossiers import NoDossier
from records.identity import find_own

_ENDS = frozenset({Event.DOSSIER_CLOSED.dotted, Event.DOSSIER_SHREDDED.dotted})


class CloseForm(forms.Form):
    """One box to tick: there is no way back by a page."""

    sure = forms.BooleanField(
        label=_("I understand that nobody will open this record any more, and that I cannot open it again myself"),
        error_messages={"required": _("Tick the box if you want to close your record. Nothing was changed.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT)
@fresh_proof(only_if=lambda request: request.method == "POST")
def close(request: Visit) -> HttpResponse:
    """What closing means; then, with a fresh proof, it is done at once."""
    ref = find_own(request.actor)
    form = CloseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        close_record(actor=request.actor, dossier_id=ref.id)
        return redirect("keeping:closed")
    status = 422 if form.is_bound else 200
    return render(request, "patient/close.html", {"form": form, "years": KEPT_YEARS}, status=status)


@require_safe
@only_for(Role.PATIENT)
def closed(request: Visit) -> HttpResponse:
    """The receipt: when it was closed, until when it is kept, and where that stands in the log."""
    try:
        receipt = read_receipt(request.actor)
    except NoDossier:
        return redirect("keeping:overview")
    lines = _ends_of(entries_about(receipt.pseudonym, limit=50))
    return render(request, "patient/closed.html", {"receipt": receipt, "lines": lines})


@require_POST
@only_for(Role.PATIENT)
def proof(request: Visit) -> HttpResponse:
    """The receipt as one file that proves itself."""
    response = HttpResponse(_proofs(read_receipt(request.actor)), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="carnet-closed-{timezone.localdate():%Y-%m-%d}.txt"'
    return response


def _proofs(receipt: Receipt) -> str:
    """The proofs of the closing and of the destruction; empty while neither has its number."""
    try:
        with transaction.atomic():
            return "".join(prove_dossier(receipt.pseudonym, keep=_ends_of))
    except NotProven:
        return ""


def _ends_of(entries: list[LoggedEntry]) -> list[LoggedEntry]:
    return [entry for entry in entries if entry.event in _ENDS and entry.outcome == "done"]
