"""What a reader would get, and what a choice would change, before anything is saved.

The real engine on proposed facts: what is shown here is what would happen. Nothing is written but the patient's own
act of looking.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from audit.actor import Role
from consent.ages import Age
from consent.categories import Category
from consent.choosing import find_professional
from consent.decisions import ChoiceFact, EmergencyFact, Facts, OppositionFact, RepresentationFact, Right, Span, Target
from consent.dossiers import DossierRef
from consent.facts import load_facts_of
from consent.matrix import Access, Row
from consent.models import MatrixRow, Wish, WishKind
from consent.models.choice import Choice
from consent.professions import Profession
from consent.world import HidingFact, RepresentativeKind, Switches


@dataclass(frozen=True, slots=True)
class Viewer:
    """As whom the patient looks: a person by name, any member of a profession in care, or a carer.

    ``emergency`` adds an emergency that has just been opened; with the profession ``emergency_regulator`` it is the
    view of the regulator.
    """

    professional: UUID | None = None
    profession: str = ""
    carer_of: frozenset[Category] | None = None
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the patient is about to choose for this viewer, for their team or their profession; or opposition.

    ``withdrawn`` are identifiers of choices that are taken away. Without a ``target``, it is about the viewer: the
    person, or the profession when nobody in particular is meant.
    """

    opened: frozenset[Category] = frozenset()
    closed: frozenset[Category] = frozenset()
    opposed: bool = False
    target: Target | None = None
    withdrawn: frozenset[UUID] = frozenset()


def facts_as(ref: DossierRef, viewer: Viewer, at: datetime) -> Facts:
    """The facts of that viewer before this dossier, as they stand.

    Raises:
        Invalid: nobody of the directory has this identifier.
    """
    if viewer.carer_of is not None:
        given = RepresentationFact(uuid4(), RepresentativeKind.CARER, viewer.carer_of, Span(at))
        hidden = _hidings(ref, at)
        return Facts(at=at, role=Role.PATIENT, age=Age.ADULT, representations=(given,), hidden_new=hidden)
    if viewer.professional is not None:
        person = find_professional(viewer.professional)
        facts = load_facts_of([person.id], ref, at=at)[person.id]
    else:
        facts = _of_profession(ref, viewer.profession, at)
    if not viewer.emergency:
        return facts
    glass = EmergencyFact(uuid4(), Span(at, at + timedelta(minutes=1)))
    return replace(facts, emergencies=(*facts.emergencies, glass))


def propose(facts: Facts, proposal: Proposal) -> Facts:
    """The same facts, had the patient chosen what is proposed at this very instant."""
    viewer = Target.PERSON if facts.professional is not None else Target.PROFESSION
    target = proposal.target if proposal.target is not None else viewer
    proposed = [
        *_choices(facts.at, target, proposal.opened, allowed=True),
        *_choices(facts.at, target, proposal.closed, allowed=False),
    ]
    # Another team of the same person keeps its choice: only those named are taken away.
    replaced = {(each.target, each.category, each.right) for each in proposed if target is not Target.TEAM}
    kept = [
        each
        for each in facts.choices
        if (each.target, each.category, each.right) not in replaced and each.id not in proposal.withdrawn
    ]
    against = [OppositionFact(uuid4(), False, None, Span(facts.at))] if proposal.opposed else []
    return replace(facts, choices=(*kept, *proposed), oppositions=(*facts.oppositions, *against))


def _choices(at: datetime, target: Target, categories: Iterable[Category], *, allowed: bool) -> list[ChoiceFact]:
    return [ChoiceFact(uuid4(), target, category, Right.READ, allowed, Span(at)) for category in categories]


def _of_profession(ref: DossierRef, profession: str, at: datetime) -> Facts:
    """Somebody of that profession whose care begins at this instant: what a new one would get."""
    wished = set(Wish.objects.about(ref.id).live(at).values_list("kind", flat=True))
    regulator = profession == Profession.EMERGENCY_REGULATOR
    choices = Choice.objects.about(ref.id).live(at).filter(professional=None, organisation=None)
    return Facts(
        at=at,
        role=Role.PROFESSIONAL,
        profession=profession,
        row=_row(profession, at),
        emergency_row=_row(Profession.EMERGENCY_REGULATOR, at),
        relationships=() if regulator else (Span(at),),
        switches=Switches(
            regulator=WishKind.NO_REGULATOR not in wished,
            others=WishKind.NO_OTHERS not in wished,
            masked=WishKind.SHOW_MASKED in wished,
        ),
        choices=tuple(
            ChoiceFact(
                each.id,
                Target.NEWCOMER if each.newcomers else Target.PROFESSION,
                Category(each.category),
                Right(each.right),
                each.allowed,
                Span(each.during.lower, each.during.upper),
            )
            for each in choices
            if each.newcomers or each.profession == profession
        ),
        hidden_new=_hidings(ref, at),
    )


def _row(profession: str, at: datetime) -> Row:
    cells = MatrixRow.objects.filter(version__during__contains=at, profession=profession)
    return {Category(category): Access(access) for category, access in cells.values_list("category", "access")}


def _hidings(ref: DossierRef, at: datetime) -> tuple[HidingFact, ...]:
    return tuple(
        HidingFact(each.id, Category(each.category) if each.category else None, Span(each.during.lower))
        for each in Wish.objects.about(ref.id).live(at).filter(kind=WishKind.HIDE_NEW)
    )


def known_professions(at: datetime) -> list[str]:
    """The professions of the matrix in force, for a list to choose from."""
    lines = MatrixRow.objects.filter(version__during__contains=at)
    return list(lines.order_by("profession").values_list("profession", flat=True).distinct())
