"""The patient's own lines of the log as one file that proves itself, without Carnet and without trust in it."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit import log
from audit.actor import Actor, Role
from audit.cosigning import load_witnesses
from audit.events import Event
from audit.keys import load_log_keys
from audit.proving import NotProven, prove_dossier
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient.history import known_lines
from records.identity import find_own


def collect_proofs(*, actor: Actor) -> str:
    """One proof for each numbered line of one's own record, as one file; taking it is remembered too.

    Without the lines of what is held for a visit, as everywhere. Empty if no line has a number yet.

    Raises:
        records.identity.NoDossier: this account has no record.
    """
    with transaction.atomic(durable=True):
        ref = find_own(actor)
        try:
            proofs = list(prove_dossier(ref.pseudonym, keep=lambda entries: known_lines(ref, actor, entries)))
        except NotProven:
            proofs = []
        log.append(
            Event.HISTORY_READ, actor=actor, dossier=ref.pseudonym, purpose="proof", facts={"lines": len(proofs)}
        )
    return "".join(proofs)


@require_safe
@only_for(Role.PATIENT)
def proof(request: Visit) -> HttpResponse:
    """What the file is and how to check it."""
    shown = {"key": load_log_keys().current, "witnesses": [witness.verifier for witness in load_witnesses()]}
    return render(request, "patient/proof.html", shown)


@require_POST
@only_for(Role.PATIENT)
@fresh_proof(back=lambda _request: reverse("patient:proof"))
def download(request: Visit) -> HttpResponse:
    """The file itself."""
    response = HttpResponse(collect_proofs(actor=request.actor), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="carnet-log-{timezone.localdate():%Y-%m-%d}.txt"'
    return response
