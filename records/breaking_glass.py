"""Door to a record in an emergency: the reason is sealed under the patient's key, the clock starts."""

from __future__ import annotations

import json
from functools import partial
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from consent.decisions import Refused
from consent.emergencies import begin
from consent.granting import Invalid
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.dossiers import ref_of
from records.patient_keys import WritingKeys, digest_of

LONGEST_REASON = 2_000


def break_glass(*, actor: Actor, dossier_id: UUID, reason_code: str, text: str) -> UUID:
    """Open an emergency access for a few minutes; the patient reads who and why.

    Returns:
        The identifier of the emergency.

    Raises:
        Unknown: there is no such dossier.
        Refused: an emergency opens nothing to this actor here.
        Invalid: no reason is given, it is too long, or an emergency is already open.
    """
    told = text.strip()
    if not told:
        raise Invalid(_("Say in a few words why this record must be opened now."))
    if len(told) > LONGEST_REASON:
        raise Invalid(_("The reason is too long: %(count)d characters at most.") % {"count": LONGEST_REASON})
    act = partial(_break, dossier_id=dossier_id, reason_code=reason_code, text=told)
    return through(Attempt(actor, Event.EMERGENCY_OPENED), act)


def _break(attempt: Attempt, *, dossier_id: UUID, reason_code: str, text: str) -> UUID | Exception:
    try:
        attempt.ref = ref_of(dossier_id)
    except Unknown:
        return attempt.unknown()
    emergency_id = uuid4()
    keys = WritingKeys(dossier_id)
    reason = json.dumps({"v": 1, "text": text}, ensure_ascii=False).encode(errors="replace")
    sealed = keys.seal("reason", emergency_id, 1, reason)
    decision = begin(
        actor=attempt.actor,
        ref=attempt.ref,
        emergency_id=emergency_id,
        reason_code=reason_code,
        sealed_reason=sealed,
        key_version=keys.version,
        digest=digest_of(sealed),
    )
    return emergency_id if decision.allowed else Refused(decision)
