"""The decision itself: facts in, decision out.

Pure: no clock, no database, no setting. Time is a fact (``Facts.at``). The order of the rules is the
law of the house (``docs/consent.md``); the first rule that has something to say decides, and the
trace keeps every rule that was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Literal, NamedTuple
from uuid import UUID

from audit.actor import Role, SystemTask
from consent.categories import Category, Tier
from consent.grounds import Ground
from consent.matrix import Access, Row, by_default, can_ever, cut
from consent.professions import Profession
from consent.rights import Right

__all__ = [
    "DEPOSITORS",
    "OWN",
    "ChoiceFact",
    "Decision",
    "EmergencyFact",
    "Facts",
    "Ground",
    "Marks",
    "OppositionFact",
    "Reason",
    "Refused",
    "Right",
    "Span",
    "Step",
    "Target",
    "conclude",
    "decide",
    "opposed_step",
    "otherwise",
    "outsider",
]


def _empty_row() -> Row:
    return MappingProxyType({})


DEPOSITORS = frozenset({SystemTask.IMPORT, SystemTask.SEED})


class Reason(IntEnum):
    """The rules, in the order in which they are asked."""

    SYSTEM = 0
    NEVER = 1
    OWN = 2
    OPPOSITION = 3
    EMERGENCY = 4
    CHOICE = 5
    DEFAULT = 6
    OTHERWISE = 7


class Target(IntEnum):
    """Whom a choice is about, the most precise first: the most precise one counts."""

    PERSON = 0
    TEAM = 1
    PROFESSION = 2


class Span(NamedTuple):
    """A range of time ``[start, end)``; no end means until further notice."""

    start: datetime
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in the range: the start does, the end does not."""
        return self.start <= at and (self.end is None or at < self.end)


class ChoiceFact(NamedTuple):
    """A choice of the patient that concerns this reader: as a person, by team or by profession."""

    id: UUID
    target: Target
    category: Category
    right: Right
    allowed: bool
    during: Span


class OppositionFact(NamedTuple):
    """An opposition that concerns this reader; with an author, only for what that author wrote."""

    id: UUID
    by_organisation: bool
    author: UUID | None
    during: Span


class EmergencyFact(NamedTuple):
    """An emergency access that this reader opened on this dossier."""

    id: UUID
    during: Span


class Marks(NamedTuple):
    """All that consent ever sees of a record: who wrote it, and whether the patient hid it."""

    author: UUID | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision needs about one reader and one dossier at one instant.

    ``row`` is the line of the reader's profession in the matrix in force, ``emergency_row`` the line
    of the emergency regulator. A category missing from a line is closed.
    """

    at: datetime
    role: Role
    task: SystemTask | None = None
    own: bool = False
    professional: UUID | None = None
    profession: str = ""
    matrix: str = ""
    row: Row = field(default_factory=_empty_row)
    emergency_row: Row = field(default_factory=_empty_row)
    relationships: tuple[Span, ...] = ()
    oppositions: tuple[OppositionFact, ...] = ()
    emergencies: tuple[EmergencyFact, ...] = ()
    choices: tuple[ChoiceFact, ...] = ()

    def ceiling(self, category: Category) -> Access:
        """The most that an emergency opens: the reader's own line cut with the emergency line."""
        return cut(self.row.get(category, Access.NONE), self.emergency_row.get(category, Access.NONE))

    @property
    def is_own(self) -> bool:
        """Whether a patient stands before their own dossier."""
        return self.own and self.role is Role.PATIENT

    @property
    def in_care(self) -> bool:
        """Whether a care relationship is open."""
        return any(span.holds(self.at) for span in self.relationships)

    @property
    def opposition(self) -> OppositionFact | None:
        """The opposition in force against this reader as such, if any: not one about an author."""
        return next((each for each in self.oppositions if each.author is None and each.during.holds(self.at)), None)

    @property
    def emergency(self) -> EmergencyFact | None:
        """The emergency access in force, if any."""
        return next((each for each in self.emergencies if each.during.holds(self.at)), None)


class Step(NamedTuple):
    """What one rule said: nothing (no ground), or its ground and the id of what that rests on."""

    reason: Reason
    ground: Ground | None = None
    allowed: bool = False
    rests_on: UUID | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or refused, why, and the trace that led there.

    ``choice`` is the id of the choice, opposition or emergency that the ground rests on. ``category``
    and ``right`` are empty when the question was about the dossier as a whole.
    """

    allowed: bool
    ground: Ground
    category: Category | Literal[""]
    right: Right | Literal[""]
    choice: UUID | None
    matrix: str
    trace: tuple[Step, ...]


class Refused(Exception):
    """A door refused. Its text never says why: the ground is for the log and for the patient."""

    def __init__(self, decision: Decision) -> None:
        super().__init__("Refused.")
        self.decision = decision


def decide(facts: Facts, *, category: Category, right: Right, marks: Marks | None = None) -> Decision:
    """Whether this reader has this right on this category, or on the record these marks belong to."""
    question = _Question(facts, category, right, marks)
    trace: list[Step] = []
    for reason, rule in _RULES:
        step = rule(question)
        if step is not None:
            trace.append(step)
            return conclude(facts, category, right, step, tuple(trace))
        trace.append(_SILENT[reason])
    step = otherwise(facts)
    return conclude(facts, category, right, step, (*trace, step))


def conclude(
    facts: Facts, category: Category | Literal[""], right: Right | Literal[""], step: Step, trace: tuple[Step, ...]
) -> Decision:
    """The decision that follows from the step that decided (one that has a ground)."""
    ground = step.ground or Ground.NO_RELATIONSHIP
    return Decision(step.allowed, ground, category, right, step.rests_on, facts.matrix, trace)


# --- The rules. Each one answers alone, or has nothing to say (None). ---------------------------


class _Question(NamedTuple):
    facts: Facts
    category: Category
    right: Right
    marks: Marks | None


def _system(question: _Question) -> Step | None:
    """0. The house itself: it may file what is brought to it, and read nothing."""
    if question.facts.role is not Role.SYSTEM:
        return None
    if question.right is Right.DEPOSIT and question.facts.task in DEPOSITORS:
        return Step(Reason.SYSTEM, Ground.SYSTEM_DEPOSIT, True)
    return Step(Reason.SYSTEM, Ground.SYSTEM_REFUSED)


def _never(question: _Question) -> Step | None:
    """1. Closed whatever the patient wants."""
    facts, category, right, _ = question
    outside = outsider(facts)
    if outside is not None:
        return outside
    if facts.is_own:
        return None
    if category.tier is Tier.PATIENT_ONLY:
        return Step(Reason.NEVER, Ground.PATIENT_ONLY)
    if right is Right.EXPORT:
        return Step(Reason.NEVER, Ground.EXPORT_PATIENT_ONLY)
    if facts.role is not Role.PROFESSIONAL:
        return None
    access = facts.row.get(category, Access.NONE)
    if access is Access.NONE:
        return Step(Reason.NEVER, Ground.MATRIX_NEVER)
    return None if can_ever(access, right) else Step(Reason.NEVER, Ground.MATRIX_READ_ONLY)


def outsider(facts: Facts) -> Step | None:
    """The refusal of those who never see anything: visitors and administrators."""
    if facts.role is Role.ANONYMOUS:
        return Step(Reason.NEVER, Ground.NOT_SIGNED_IN)
    if facts.role is Role.ADMINISTRATOR:
        return Step(Reason.NEVER, Ground.ADMINISTRATOR)
    return None


def _own(question: _Question) -> Step | None:
    """2. The patient, in their own dossier."""
    return OWN if question.facts.is_own else None


def _opposition(question: _Question) -> Step | None:
    """3. The patient keeps this reader out, or has hidden this record from everybody but its author."""
    facts, marks = question.facts, question.marks
    opposed = opposed_step(facts)
    if opposed is not None:
        return opposed
    if marks is None or (marks.author is not None and marks.author == facts.professional):
        return None
    for each in facts.oppositions:
        if each.author is not None and each.author == marks.author and each.during.holds(facts.at):
            return Step(Reason.OPPOSITION, Ground.OPPOSED_AUTHOR, False, each.id)
    return Step(Reason.OPPOSITION, Ground.MASKED) if marks.masked else None


def opposed_step(facts: Facts) -> Step | None:
    """The refusal of a reader whom the patient opposes, as a person or through an organisation."""
    opposition = facts.opposition
    if opposition is None:
        return None
    ground = Ground.OPPOSED_ORGANISATION if opposition.by_organisation else Ground.OPPOSED_PERSON
    return Step(Reason.OPPOSITION, ground, False, opposition.id)


def _emergency(question: _Question) -> Step | None:
    """4. Broken glass: what the reader's own line and the emergency line both open."""
    facts, category = question.facts, question.category
    emergency = facts.emergency
    if emergency is None or facts.role is not Role.PROFESSIONAL or question.right is not Right.READ:
        return None
    if not by_default(facts.ceiling(category), Right.READ):
        return None
    return Step(Reason.EMERGENCY, Ground.EMERGENCY, True, emergency.id)


def _choice(question: _Question) -> Step | None:
    """5. What the patient chose: the most precise choice counts, and of two equally precise, the closed one."""
    facts, category, right, _ = question
    best: ChoiceFact | None = None
    for each in facts.choices:
        if each.category is not category or each.right is not right or not each.during.holds(facts.at):
            continue
        if best is None or (each.target, each.allowed) < (best.target, best.allowed):
            best = each
    # A choice opens nothing outside a care relationship: it would outlive the care it was made for.
    if best is None or (best.allowed and not facts.in_care):
        return None
    return Step(Reason.CHOICE, _CHOICE_GROUNDS[best.target, best.allowed], best.allowed, best.id)


def _default(question: _Question) -> Step | None:
    """6. What the matrix opens by itself inside a care relationship."""
    facts = question.facts
    if facts.role is not Role.PROFESSIONAL or not facts.in_care:
        return None
    if facts.profession == Profession.EMERGENCY_REGULATOR:
        return Step(Reason.DEFAULT, Ground.EMERGENCY_ROUTE_ONLY)
    if by_default(facts.row.get(question.category, Access.NONE), question.right):
        return Step(Reason.DEFAULT, Ground.DEFAULT_OPEN, True)
    return Step(Reason.DEFAULT, Ground.ON_CONSENT)


def otherwise(facts: Facts) -> Step:
    """7. Refused."""
    return Step(Reason.OTHERWISE, Ground.NOT_OWNER if facts.role is Role.PATIENT else Ground.NO_RELATIONSHIP)


OWN = Step(Reason.OWN, Ground.OWN_DOSSIER, True)
_SILENT = {reason: Step(reason) for reason in Reason}
_CHOICE_GROUNDS = {
    (Target.PERSON, False): Ground.CHOICE_PERSON_CLOSED,
    (Target.PERSON, True): Ground.CHOICE_PERSON_OPEN,
    (Target.TEAM, False): Ground.CHOICE_TEAM_CLOSED,
    (Target.TEAM, True): Ground.CHOICE_TEAM_OPEN,
    (Target.PROFESSION, False): Ground.CHOICE_PROFESSION_CLOSED,
    (Target.PROFESSION, True): Ground.CHOICE_PROFESSION_OPEN,
}
_RULES: tuple[tuple[Reason, Callable[[_Question], Step | None]], ...] = (
    (Reason.SYSTEM, _system),
    (Reason.NEVER, _never),
    (Reason.OWN, _own),
    (Reason.OPPOSITION, _opposition),
    (Reason.EMERGENCY, _emergency),
    (Reason.CHOICE, _choice),
    (Reason.DEFAULT, _default),
)
