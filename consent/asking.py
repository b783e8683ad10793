"""Why somebody can see something, who can see it now, and who could at a past instant.

The real engine on the facts of that instant: consents are never erased, so the past has an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import Invalid, may_share, now
from consent.categories import Category
from consent.choosing import find_professional
from consent.decisions import Decision, Refused, Right, decide
from consent.dossiers import DossierRef
from consent.explaining import Person, people_at
from consent.facts import load_facts, load_facts_of
from consent.models import CareRelationship, Emergency, Membership, Professional, TeamCare
from consent.screening import as_if_unsaid, untold

__all__ = ["Answer", "Invalid", "who_could_see", "why"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One person, one category, one right, one instant: what the engine says, and why in one sentence."""

    person: Person
    decision: Decision
    at: datetime

    @property
    def sentence(self) -> str:
        """The whole answer in the language in force."""
        told = {"name": self.person.name, "why": self.decision.ground.explanation}
        if self.decision.allowed:
            return _("%(name)s can see it. %(why)s") % told
        return _("%(name)s cannot see it. %(why)s") % told


def why(
    *,
    actor: Actor,
    ref: DossierRef,
    professional: UUID,
    category: Category,
    right: Right = Right.READ,
    at: datetime | None = None,
) -> Answer:
    """Door: why can Dr X see this, or why not; now, or at a past instant.

    Raises:
        Refused: the actor is not the patient.
        Invalid: nobody of the directory has this identifier, or the instant is to come.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.SHARING_EXPLAINED, category)
        if decision.allowed:
            instant = _instant(at)
            person = find_professional(professional)
            facts = load_facts_of([person.id], ref, at=instant)[person.id]
            facts = as_if_unsaid(facts, untold(load_facts(actor, ref)))
            _remember(actor, ref, category, decision)
            answer = decide(facts, category=category, right=right)
            return Answer(people_at([person], instant)[person.id], answer, instant)
    raise Refused(decision)


def who_could_see(
    *, actor: Actor, ref: DossierRef, category: Category, right: Right = Right.READ, at: datetime | None = None
) -> tuple[Answer, ...]:
    """Door: everybody to whom a category is open now, or was at a past instant, by name.

    Raises:
        Refused: the actor is not the patient.
        Invalid: the instant is to come.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.SHARING_EXPLAINED, category)
        if decision.allowed:
            instant = _instant(at)
            silent = untold(load_facts(actor, ref))
            found = list(_near(ref, instant))
            people = people_at(found, instant)
            facts = load_facts_of([each.id for each in found], ref, at=instant)
            answers = [
                Answer(people[id_], decide(as_if_unsaid(known, silent), category=category, right=right), instant)
                for id_, known in facts.items()
            ]
            _remember(actor, ref, category, decision)
            return tuple(sorted((a for a in answers if a.decision.allowed), key=lambda each: each.person.name))
    raise Refused(decision)


def _near(ref: DossierRef, at: datetime) -> list[Professional]:
    """Those to whom anything can be open: in care by name or by team, or in an emergency."""
    teams = TeamCare.objects.about(ref.id).live(at).values("organisation")
    return list(
        Professional.objects.filter(
            Q(id__in=CareRelationship.objects.about(ref.id).live(at).values("professional"))
            | Q(id__in=Membership.objects.live(at).filter(organisation__in=teams).values("professional"))
            | Q(id__in=Emergency.objects.about(ref.id).live(at).values("professional"))
        )
    )


def _instant(at: datetime | None) -> datetime:
    current = now()
    if at is None:
        return current
    if at.tzinfo is None:
        raise ValueError(f"at={at!r}: expected an aware datetime")
    if at > current:
        raise Invalid(_("Choose a day that has already begun: nobody knows what you will decide."))
    return at


def _remember(actor: Actor, ref: DossierRef, category: Category, decision: Decision) -> None:
    append(Event.SHARING_EXPLAINED, actor=actor, dossier=ref.pseudonym, category=category, ground=decision.ground)
