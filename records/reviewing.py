"""Door to why a colleague broke the glass: the words, for a reviewing doctor of the organisation; not the record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from consent.acting import now
from consent.declaring import Lookup, find
from consent.models import Emergency
from consent.reviewers import ToReview, decide_reviewing, describe
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.dossiers import ref_of
from records.reasons import open_emergency_words


@dataclass(frozen=True, slots=True, repr=False)
class Reason:
    """Why one emergency was opened, for one page."""

    emergency: ToReview
    words: str

    def __repr__(self) -> str:
        return "<Reason>"


def read_reason(*, actor: Actor, emergency_id: UUID) -> Reason:
    """The words typed to open an emergency; the patient reads in their history that they were read, and by whom.

    Raises:
        Unknown: there is no such emergency for this actor.
        Unreadable: the words do not open.
    """
    attempt = Attempt(actor, Event.EMERGENCY_REASON_READ, object_id=emergency_id)
    return through(attempt, partial(_read, emergency_id=emergency_id))


def _read(attempt: Attempt, *, emergency_id: UUID) -> Reason | Exception:
    find(Lookup.EMERGENCY, emergency_id)
    emergency = Emergency.objects.select_related("professional", "review").filter(id=emergency_id).first()
    decision = decide_reviewing(attempt.actor, emergency, now())
    if emergency is None:
        return attempt.unknown(decision)
    try:
        attempt.ref = ref_of(emergency.dossier)
    except Unknown:
        return attempt.unknown(decision)
    if not decision.allowed:
        return attempt.unknown(decision)
    words = open_emergency_words(emergency.dossier, [emergency.id])[emergency.id]
    attempt.allowed(decision)
    return Reason(describe(emergency), words)
