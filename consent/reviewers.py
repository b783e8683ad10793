"""Reviewing doctors: who reads, in an organisation, why its members broke the glass. They see no record.

The words of a reason are sealed for the patient; besides the patient, only a doctor whom the organisation named reads
them, for emergencies of its own members, never their own. Administrators read the code of the reason and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor, Role, SystemTask
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, ended, now, period
from consent.choosing import find_organisation, find_professional
from consent.decisions import Decision, Ground, Refused
from consent.declaring import over_every_dossier
from consent.models import Emergency, EmergencyReview, Membership, ReasonCode, ReviewingDoctor
from consent.professions import Profession

__all__ = [
    "Invalid",
    "ToReview",
    "decide_reviewing",
    "describe",
    "end_reviewer",
    "name_reviewer",
    "places_reviewed",
    "read_own",
]

_NAMERS = frozenset({SystemTask.IMPORT, SystemTask.SEED})
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ToReview:
    """One emergency of a colleague: who opened it and when, with the code of the reason, never whose record it was."""

    emergency_id: UUID
    name: str
    profession: str
    reason: ReasonCode
    since: datetime
    until: datetime
    due_at: datetime | None
    verdict: str


def name_reviewer(*, actor: Actor, professional: UUID, organisation: UUID) -> UUID:
    """Door: name a reviewing doctor of an organisation, as it decided. Import and seed only.

    Raises:
        Refused: the actor may not.
        Invalid: somebody unknown, no doctor, no member of the organisation, or named already.
    """
    with transaction.atomic(durable=True):
        if actor.task in _NAMERS:
            return _name(actor, professional, organisation, now())
        append(Event.REVIEWER_NAMED, actor=actor, outcome=Outcome.REFUSED, ground=Ground.NOT_OWNER)
    raise Refused(_refusal(Ground.NOT_OWNER))


def end_reviewer(*, actor: Actor, professional: UUID, organisation: UUID) -> None:
    """Door: a reviewing doctor is one no longer. Import and seed only.

    Raises:
        Refused: the actor may not.
        Invalid: they are none there.
    """
    with transaction.atomic(durable=True):
        if actor.task in _NAMERS:
            return _end(actor, professional, organisation, now())
        append(Event.REVIEWER_ENDED, actor=actor, outcome=Outcome.REFUSED, ground=Ground.NOT_OWNER)
    raise Refused(_refusal(Ground.NOT_OWNER))


def places_reviewed(actor: Actor, at: datetime) -> set[UUID]:
    """The organisations whose emergencies this actor reviews now: named there, and at work there (a plain function)."""
    if actor.role is not Role.PROFESSIONAL or actor.professional is None or actor.on_behalf_of is not None:
        return set()
    named = ReviewingDoctor.objects.live(at).filter(professional=actor.professional)
    working = Membership.objects.live(at).filter(professional=actor.professional)
    return set(named.values_list("organisation_id", flat=True)) & set(working.values_list("organisation_id", flat=True))


def decide_reviewing(actor: Actor, emergency: Emergency | None, at: datetime) -> Decision:
    """Whether this actor may read why that emergency was opened, and say whether it was right."""
    if actor.role is Role.ADMINISTRATOR:
        return _refusal(Ground.ADMINISTRATOR)
    places = places_reviewed(actor, at)
    if emergency is None or not places or emergency.professional_id == actor.professional:
        return _refusal(Ground.NO_RELATIONSHIP)
    opener = Membership.objects.filter(
        professional=emergency.professional_id, during__overlap=emergency.during, organisation__in=places
    )
    if not opener.exists():
        return _refusal(Ground.NO_RELATIONSHIP)
    return Decision(True, Ground.REVIEWING, "", "", None, "", ())


def read_own(*, actor: Actor) -> tuple[ToReview, ...]:
    """Door: the emergencies of the organisations that this doctor reviews, those that wait first.

    Raises:
        Refused: the actor reviews none.
    """
    with transaction.atomic(durable=True):
        at = now()
        places = places_reviewed(actor, at)
        if places:
            with over_every_dossier():
                rows = tuple(describe(row) for row in _emergencies(actor, places))
            append(Event.REVIEWS_READ, actor=actor, ground=Ground.REVIEWING, facts={"count": len(rows)})
            return rows
        refusal = decide_reviewing(actor, None, at)
        append(Event.REVIEWS_READ, actor=actor, outcome=Outcome.REFUSED, ground=refusal.ground)
    raise Refused(refusal)


def _emergencies(actor: Actor, places: set[UUID]) -> QuerySet[Emergency]:
    colleagues = Membership.objects.filter(
        professional=OuterRef("professional"), organisation__in=places, during__overlap=OuterRef("during")
    )
    rows = Emergency.objects.filter(Exists(colleagues)).exclude(professional=actor.professional)
    waiting_first = F("review__reviewed_at").asc(nulls_first=True)
    return rows.select_related("professional", "review").order_by(waiting_first, "-during")[:_SHOWN]


def describe(emergency: Emergency) -> ToReview:
    """One emergency as its reviewing doctor reads it; ``professional`` and ``review`` are loaded (a plain function)."""
    review: EmergencyReview | None = getattr(emergency, "review", None)
    return ToReview(
        emergency_id=emergency.id,
        name=emergency.professional.name,
        profession=emergency.professional.profession_label,
        reason=ReasonCode(emergency.reason_code),
        since=emergency.during.lower,
        until=emergency.during.upper,
        due_at=review.due_at if review else None,
        verdict=review.verdict if review else "",
    )


def _name(actor: Actor, professional: UUID, organisation: UUID, at: datetime) -> UUID:
    person, place = find_professional(professional), find_organisation(organisation)
    if person.profession != Profession.DOCTOR:
        raise Invalid(_("A reviewing doctor is a doctor. %(name)s is not.") % {"name": person.name})
    if not Membership.objects.live(at).filter(professional=person, organisation=place).exists():
        raise Invalid(_("%(name)s does not work there.") % {"name": person.name})
    if ReviewingDoctor.objects.live(at).filter(professional=person, organisation=place).exists():
        raise Invalid(_("%(name)s already reviews emergencies there.") % {"name": person.name})
    named = ReviewingDoctor.objects.create(professional=person, organisation=place, during=period(at, None))
    facts = {"professional": person.id, "organisation": place.id}
    append(Event.REVIEWER_NAMED, actor=actor, object_id=named.id, facts=facts)
    return named.id


def _end(actor: Actor, professional: UUID, organisation: UUID, at: datetime) -> None:
    named = ReviewingDoctor.objects.live(at).filter(professional=professional, organisation=organisation).first()
    if named is None:
        raise Invalid(_("Nobody of that name reviews emergencies there."))
    named.during = ended(named.during, at)
    named.save(update_fields=["during"])
    facts = {"professional": professional, "organisation": organisation}
    append(Event.REVIEWER_ENDED, actor=actor, object_id=named.id, facts=facts)


def _refusal(ground: Ground) -> Decision:
    return Decision(False, ground, "", "", None, "", ())
