"""Every emergency access is reviewed before a deadline, by an administrator or a doctor whom its organisation named.

An administrator sees who broke the glass, when, for how long and for which reason of the list: never whose record it
was (a pseudonym that points at nothing else), never the sealed words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, now
from consent.decisions import Decision, Facts, Ground, Refused
from consent.declaring import Lookup, find, over_every_dossier
from consent.models import Emergency, EmergencyReview, ReasonCode, Verdict
from consent.reviewers import decide_reviewing
from consent.thresholds import decide_sharing

__all__ = ["Invalid", "Waiting", "await_review", "read_queue", "review"]

DAYS = 7


@dataclass(frozen=True, slots=True)
class Waiting:
    """One emergency that waits for its review. ``late`` once the deadline has passed.

    ``account`` is the pseudonym of whoever broke the glass: administrators meet no name.
    """

    emergency_id: UUID
    account: UUID | None
    profession: str
    reason: ReasonCode
    since: datetime
    until: datetime
    due_at: datetime
    late: bool


def await_review(emergency: Emergency, at: datetime) -> None:
    """Put an emergency into the queue, inside the transaction that opens it (``EMERGENCY_REVIEW_DAYS``, 7)."""
    days = timedelta(days=int(getattr(settings, "EMERGENCY_REVIEW_DAYS", DAYS)))
    EmergencyReview.objects.create(emergency=emergency, due_at=at + days)


def read_queue(*, actor: Actor) -> tuple[Waiting, ...]:
    """Door: the emergencies that wait for a review, the most urgent first.

    Raises:
        Refused: the actor is no administrator.
    """
    with transaction.atomic(durable=True):
        at = now()
        if actor.role is Role.ADMINISTRATOR:
            rows = EmergencyReview.objects.filter(reviewed_at=None).select_related("emergency__professional")
            with over_every_dossier():
                waiting = list(rows.order_by("due_at", "id"))
            append(Event.REVIEWS_READ, actor=actor)
            return tuple(_waiting(row, at) for row in waiting)
        refusal = _refusal(actor, at)
        append(Event.REVIEWS_READ, actor=actor, outcome=Outcome.REFUSED, ground=refusal.ground)
    raise Refused(refusal)


def _waiting(row: EmergencyReview, at: datetime) -> Waiting:
    emergency = row.emergency
    return Waiting(
        emergency_id=emergency.id,
        account=emergency.professional.account_id,
        profession=emergency.professional.profession_label,
        reason=ReasonCode(emergency.reason_code),
        since=emergency.during.lower,
        until=emergency.during.upper,
        due_at=row.due_at,
        late=row.due_at < at,
    )


def review(*, actor: Actor, emergency_id: UUID, verdict: Verdict) -> None:
    """Door: conclude the review of an emergency, once.

    Raises:
        Refused: the actor is neither an administrator nor a reviewing doctor of the organisation.
        Invalid: it does not wait for a review, or the emergency is still open.
    """
    with transaction.atomic(durable=True):
        at = now()
        find(Lookup.EMERGENCY, emergency_id)
        emergency = Emergency.objects.filter(id=emergency_id).first()
        if actor.role is Role.ADMINISTRATOR or decide_reviewing(actor, emergency, at).allowed:
            return _review(actor, emergency_id, verdict, at)
        refusal = _refusal(actor, at)
        append(Event.EMERGENCY_REVIEWED, actor=actor, outcome=Outcome.REFUSED, ground=refusal.ground)
    raise Refused(refusal)


def _review(actor: Actor, emergency_id: UUID, verdict: Verdict, at: datetime) -> None:
    rows = EmergencyReview.objects.select_for_update(of=("self",)).select_related("emergency")
    row = rows.filter(emergency=emergency_id, reviewed_at=None).first()
    if row is None:
        raise Invalid(_("This emergency does not wait for a review."))
    if row.emergency.during.upper is not None and at < row.emergency.during.upper:
        raise Invalid(_("This emergency is still open. Review it when it is over."))
    row.reviewer_id, row.reviewed_at, row.verdict = actor.id, at, verdict
    row.save(update_fields=["reviewer", "reviewed_at", "verdict"])
    append(Event.EMERGENCY_REVIEWED, actor=actor, object_id=emergency_id, facts={"verdict": verdict})


def _refusal(actor: Actor, at: datetime) -> Decision:
    decision = decide_sharing(Facts(at=at, role=actor.role, task=actor.task))
    return decision if not decision.allowed else Decision(False, Ground.NOT_OWNER, "", "", None, "", ())
