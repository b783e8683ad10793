"""Broken glass: a professional reaches a record because somebody's life is at risk.

It opens what the professional's own line of the matrix and the emergency line both open, for reading,
for a fixed number of minutes, and ends by itself. Records owns the door that breaks the glass
(``records.breaking_glass``), because the words of the reason are sealed under the patient's key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, ended, moment_fact, period, take_turn
from consent.decisions import Decision, Refused
from consent.declaring import declare
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import Emergency, ReasonCode
from consent.models.emergency import LONGEST
from consent.reviews import await_review
from consent.thresholds import decide_emergency, decide_sharing

MINUTES = 30


def begin(
    *,
    actor: Actor,
    ref: DossierRef,
    emergency_id: UUID,
    reason_code: ReasonCode | str,
    sealed_reason: bytes,
    key_version: int,
    digest: bytes,
    minutes: int | None = None,
) -> Decision:
    """Open an emergency inside the open transaction, and remember it whether allowed or refused.

    The caller commits, then raises ``Refused(decision)`` if it was not allowed: raising inside the
    transaction would lose the entry. ``minutes`` defaults to the setting ``EMERGENCY_MINUTES``;
    ``digest`` is the SHA-256 of ``sealed_reason``.

    Raises:
        Invalid: an unknown reason, or an emergency of this professional is already open.
        ValueError: ``minutes`` is less than 1 or more than the hard limit.
    """
    length = minutes if minutes is not None else int(getattr(settings, "EMERGENCY_MINUTES", MINUTES))
    if not timedelta(0) < timedelta(minutes=length) <= LONGEST:
        raise ValueError(f"minutes={length}: expected from 1 to {LONGEST // timedelta(minutes=1)}")
    try:
        reason = ReasonCode(reason_code)
    except ValueError:
        raise Invalid(_("Choose a reason from the list.")) from None
    facts = load_facts(actor, ref)
    decision = decide_emergency(facts)
    if not decision.allowed or actor.professional is None:
        append(
            Event.EMERGENCY_OPENED,
            actor=actor,
            outcome=Outcome.REFUSED,
            dossier=ref.pseudonym,
            ground=decision.ground,
            choice=decision.choice,
            matrix=decision.matrix,
            facts={"reason": reason},
        )
        return decision
    at = take_turn(ref)
    _refuse_second(ref, actor.professional, at)
    until = at + timedelta(minutes=length)
    opened = Emergency.objects.create(
        id=emergency_id,
        dossier=ref.id,
        professional_id=actor.professional,
        reason_code=reason,
        sealed_reason=sealed_reason,
        key_version=key_version,
        digest=digest,
        during=period(at, until),
    )
    await_review(opened, at)
    append(
        Event.EMERGENCY_OPENED,
        actor=actor,
        outcome=Outcome.ALLOWED,
        dossier=ref.pseudonym,
        object_id=emergency_id,
        ground=decision.ground,
        matrix=decision.matrix,
        digest=digest,
        key_version=key_version,
        facts={"reason": reason, "minutes": length, "until": moment_fact(until)},
    )
    return decision


def _refuse_second(ref: DossierRef, professional: UUID, at: datetime) -> None:
    """One emergency at a time: a second one would only lengthen the first.

    Raises:
        Invalid: one is open; the sentence says for how long still.
    """
    current = Emergency.objects.about(ref.id).live(at).filter(professional=professional).first()
    if current is None or current.during.upper is None:
        return
    left = -((at - current.during.upper) // timedelta(minutes=1))
    raise Invalid(
        ngettext(
            "Your emergency access is already open, for %(count)d more minute at most.",
            "Your emergency access is already open, for %(count)d more minutes at most.",
            left,
        )
        % {"count": left}
    )


def end(*, actor: Actor, ref: DossierRef, emergency_id: UUID) -> None:
    """Door: close an emergency before its time: by the professional who opened it, or by the patient.

    Raises:
        Refused: anybody else, as for an emergency that does not exist.
        Invalid: it is already over.
    """
    with transaction.atomic(durable=True):
        declare(ref.id)
        facts = load_facts(actor, ref)
        decision = decide_sharing(facts)
        emergency = Emergency.objects.about(ref.id).filter(id=emergency_id).first()
        mine = (
            emergency is not None
            and actor.role is Role.PROFESSIONAL
            and emergency.professional_id == actor.professional
        )
        if emergency is not None and (mine or facts.is_own):
            return _end(actor, ref, emergency)
        append(
            Event.EMERGENCY_ENDED, actor=actor, outcome=Outcome.REFUSED, dossier=ref.pseudonym, ground=decision.ground
        )
    raise Refused(decision)


def _end(actor: Actor, ref: DossierRef, emergency: Emergency) -> None:
    at = take_turn(ref)
    live = Emergency.objects.about(ref.id).live(at).filter(id=emergency.id).first()
    if live is None:
        raise Invalid(_("This emergency access is already over."))
    live.during = ended(live.during, at)
    live.save(update_fields=["during"])
    append(Event.EMERGENCY_ENDED, actor=actor, dossier=ref.pseudonym, object_id=live.id)
