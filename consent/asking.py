"""Why somebody can see something, who can see it now, and who could at a past instant.

The real engine on the facts of that instant: consents are never erased, so the past has an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from audit.events import Event
from audit.log import append
from consent.acting import Invalid, may_share, now
from consent.categories import Category
from consent.choosing import find_professional
from consent.decisions import Decision, Refused, RepresentativeKind, Right, decide
from consent.dossiers import DossierRef
from consent.explaining import Person, people_at
from consent.facts import load_facts, load_facts_of
from consent.models import (
    CareRelationship,
    Delegation,
    Emergency,
    Membership,
    Professional,
    Representation,
    TeamCare,
)
from consent.screening import as_if_unsaid, untold

__all__ = ["Answer", "Invalid", "Representing", "who_acts", "who_could_see", "why"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One person, one category, one right, one instant: what the engine says, and why in one sentence."""

    person: Person
    decision: Decision
    at: datetime
    # In whose name they would act, for a replacement or a secretary.
    named: Person | None = None

    @property
    def sentence(self) -> str:
        """The whole answer in the language in force."""
        name = self.person.name
        if self.named is not None:
            name = _("%(name)s, in the name of %(named)s,") % {"name": name, "named": self.named.name}
        told = {"name": name, "why": self.decision.ground.explanation}
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
            answers += _delegates(ref, people, category, right, instant)
            _remember(actor, ref, category, decision)
            return tuple(sorted((a for a in answers if a.decision.allowed), key=lambda each: each.person.name))
    raise Refused(decision)


def _delegates(
    ref: DossierRef, named: dict[UUID, Person], category: Category, right: Right, at: datetime
) -> list[Answer]:
    """Those who act in the name of somebody who takes care of the patient: the real engine, asked of each."""
    live = list(Delegation.objects.live(at).filter(professional__in=named).select_related("delegate"))
    people = people_at([each.delegate for each in live], at) if live else {}
    answers = []
    for each in live:
        facts = load_facts(_delegate_actor(each), ref, at=at)
        decision = decide(facts, category=category, right=right)
        answers.append(Answer(people[each.delegate_id], decision, at, named[each.professional_id]))
    return answers


def _delegate_actor(delegation: Delegation) -> Actor:
    delegate = delegation.delegate_id
    return Actor(id=delegate, role=Role.PROFESSIONAL, professional=delegate, on_behalf_of=delegation.professional_id)


@dataclass(frozen=True, slots=True)
class Representing:
    """Somebody who acts for the patient and to whom a category is open at an instant; their name is theirs to give."""

    kind: RepresentativeKind
    account: UUID
    since: datetime
    decision: Decision


def who_acts(
    *, actor: Actor, ref: DossierRef, category: Category, right: Right = Right.READ, at: datetime | None = None
) -> tuple[Representing, ...]:
    """Door: who could see a category in the patient's name. ``ref`` carries the patient's age.

    Raises:
        Refused: the actor may not say who sees this category.
        Invalid: the instant is to come.
    """
    with transaction.atomic(durable=True):
        decision = may_share(actor, ref, Event.SHARING_EXPLAINED, category)
        if decision.allowed:
            instant = _instant(at)
            rows = Representation.objects.about(ref.id).live(instant).order_by("during", "id")
            answers = [(row, _of_representative(row, ref, category, right, instant)) for row in rows]
            _remember(actor, ref, category, decision)
            return tuple(
                Representing(RepresentativeKind(row.kind), row.account_id, row.during.lower, answer)
                for row, answer in answers
                if answer.allowed
            )
    raise Refused(decision)


def _of_representative(
    row: Representation, ref: DossierRef, category: Category, right: Right, at: datetime
) -> Decision:
    facts = load_facts(Actor(id=row.account_id, role=Role.PATIENT, on_behalf_of=ref.pseudonym), ref, at=at)
    return decide(facts, category=category, right=right)


def _near(ref: DossierRef, at: datetime) -> list[Professional]:
    """Those to whom anything can be open: in care by name or by team, or in an emergency."""
    teams = TeamCare.objects.about(ref.id).live(at).values("organisation")
    named = CareRelationship.objects.about(ref.id).live(at).values("professional")
    in_teams = Membership.objects.live(at).filter(organisation__in=teams).values("professional")
    in_emergencies = Emergency.objects.about(ref.id).live(at).values("professional")
    # Three conditions joined by OR would read the whole directory; a union reads its few rows.
    return list(Professional.objects.filter(id__in=named.union(in_teams, in_emergencies)))


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
