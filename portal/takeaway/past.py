"""The whole history of a record, in words, for its patient's own copy."""

from __future__ import annotations

from django.db import transaction

from audit import log
from audit.actor import Actor, Role
from audit.events import Event, Outcome
from consent.dossiers import DossierRef
from portal.patient.history import Line, folded, known_lines, name_lines

_AT_ONCE = 500


def whole_history(ref: DossierRef, actor: Actor) -> list[Line]:
    """Every line that the patient may read, newest first; nothing for somebody who acts for them, as on their pages.

    Raises:
        audit.log.Altered: a line does not agree with its bytes.
    """
    if actor.role is not Role.PATIENT or actor.id != ref.owner:
        return []
    lines: list[Line] = []
    with transaction.atomic(durable=True):
        before: str | None = None
        while page := log.entries_about(ref.pseudonym, before=before, limit=_AT_ONCE):
            lines += name_lines(known_lines(ref, actor, page), actor)
            before = page[-1].cursor
        log.append(Event.HISTORY_READ, actor=actor, dossier=ref.pseudonym, outcome=Outcome.DONE)
    return folded(lines)
