"""The decision itself: facts in, decision out.

Pure: no clock, no database, no setting. Time is a fact (``Facts.at``). The order of the rules is the
law of the house (``docs/consent.md``); the first rule that has something to say decides, and the
trace keeps every rule that was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple
from uuid import UUID

from audit.actor import Role, SystemTask
from consent.ages import Age, is_guarded
from consent.categories import Category, Tier
from consent.grounds import Ground
from consent.matrix import Access, by_default, can_ever
from consent.professions import Profession
from consent.rights import Right
from consent.world import (
    ChoiceFact,
    DelegationFact,
    EmergencyFact,
    Facts,
    HidingFact,
    Marks,
    OppositionFact,
    RepresentationFact,
    RepresentativeKind,
    Span,
    Switches,
    Target,
    in_force,
)

__all__ = [
    "DEPOSITORS",
    "OWN",
    "ChoiceFact",
    "Decision",
    "DelegationFact",
    "EmergencyFact",
    "Facts",
    "Ground",
    "HidingFact",
    "Marks",
    "OppositionFact",
    "Reason",
    "Refused",
    "RepresentationFact",
    "RepresentativeKind",
    "Right",
    "Span",
    "Step",
    "Switches",
    "Target",
    "breaks_glass",
    "conclude",
    "decide",
    "fitting_representations",
    "hides",
    "opposed_step",
    "otherwise",
    "outsider",
]


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


class Step(NamedTuple):
    """What one rule said: nothing (no ground), or its ground and the id of what that rests on."""

    reason: Reason
    ground: Ground | None = None
    allowed: bool = False
    rests_on: UUID | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or refused, why, and the trace that led there.

    ``choice`` is the id of the consent that the ground rests on: a choice, an opposition, an emergency, a
    representation, the wish that new documents stay hidden. ``category`` and ``right`` are empty when the question
    was about the dossier as a whole.
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
    """Whether this reader has this right on this category, or on the record these marks belong to.

    What was decided of a category is decided once for these facts, which live no longer than a request.
    """
    known: Decision | None = facts.worked_out.get((category, right)) if marks is None else None
    if known is not None:
        return known
    decision = _decide(facts, category, right, marks)
    if marks is None:
        facts.worked_out[category, right] = decision
    return decision


def _decide(facts: Facts, category: Category, right: Right, marks: Marks | None) -> Decision:
    question = _Question(facts, category, right, marks)
    for silent, rule in _ASKED_OF_PROFESSIONALS if facts.role is Role.PROFESSIONAL else _ASKED_OF_OTHERS:
        step = rule(question)
        if step is not None:
            return conclude(facts, category, right, step, (*silent, step))
    step = otherwise(facts)
    return conclude(facts, category, right, step, (*_ALL_SILENT, step))


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
    if facts.role is not Role.PROFESSIONAL:
        return None
    if right is Right.EXPORT:
        return Step(Reason.NEVER, Ground.EXPORT_PATIENT_ONLY)
    if facts.delegate is not None:
        delegations = in_force(facts.delegations, facts.at)
        if not delegations:
            return Step(Reason.NEVER, Ground.DELEGATION_OVER)
        if all(category not in each.categories for each in delegations):
            return Step(Reason.NEVER, Ground.DELEGATION_SCOPE)
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
    """2. The patient, in their own dossier; or somebody who acts for them, as far as that goes."""
    facts, category, right, marks = question
    if facts.role is not Role.PATIENT:
        return None
    if not facts.own:
        return _representative(question)
    if right is not Right.DEPOSIT:
        if marks is not None and _is_held(facts, marks):
            return Step(Reason.OWN, Ground.HELD)
        if category in facts.discreet and not facts.fresh:
            return Step(Reason.OWN, Ground.DISCREET)
    return OWN


def _representative(question: _Question) -> Step | None:
    facts, category, right, marks = question
    live = in_force(facts.representations, facts.at)
    if not live:
        return None
    fitting = fitting_representations(facts)
    if not fitting:
        return Step(Reason.OWN, Ground.REPRESENTATION_AGE, False, live[0].id)
    reaching = [each for each in fitting if category in each.categories]
    if not reaching:
        return Step(Reason.OWN, Ground.REPRESENTATION_SCOPE, False, fitting[0].id)
    mine = reaching[0]
    guarded = mine.kind is not RepresentativeKind.CARER and is_guarded(category, facts.age)
    if mine.kind is not RepresentativeKind.CARER and _is_secret(guarded, right, marks):
        return Step(Reason.OWN, Ground.MINOR_SECRET, False, mine.id)
    if marks is not None and right is not Right.DEPOSIT:
        if _is_held(facts, marks):
            return Step(Reason.OWN, Ground.HELD)
        hidden = _hidden(question, marks, Reason.OWN)
        if hidden is not None:
            return hidden
    return Step(Reason.OWN, Ground.REPRESENTATIVE_OPENED if guarded else Ground.REPRESENTATIVE, True, mine.id)


def fitting_representations(facts: Facts) -> list[RepresentationFact]:
    """Those in force that go with the patient's age: parents and guardians for a minor, carers for an adult."""
    return [each for each in in_force(facts.representations, facts.at) if facts.age in _AGES[each.kind]]


def _is_held(facts: Facts, marks: Marks) -> bool:
    return marks.held_until is not None and facts.at < marks.held_until


def _is_secret(guarded: bool, right: Right, marks: Marks | None) -> bool:
    """Whether this stays between a minor and who treats them."""
    if marks is None:
        # The drawer itself answers, and holds for them what was opened to them: often nothing.
        return guarded and right is Right.DEPOSIT
    return (guarded or marks.secret) and not marks.opened


def _hidden(question: _Question, marks: Marks, reason: Reason) -> Step | None:
    """The refusal of a document that the patient hid, by itself or by hiding everything new."""
    if marks.masked:
        return Step(reason, Ground.MASKED)
    if marks.shown or marks.filed_at is None:
        return None
    for each in in_force(question.facts.hidden_new, question.facts.at):
        if each.category in {None, question.category} and each.during.start <= marks.filed_at:
            return Step(reason, Ground.HIDDEN_NEW, False, each.id)
    return None


def hides(facts: Facts, category: Category, marks: Marks) -> bool:
    """Whether the patient hid this document, by itself or by hiding everything new, whoever asks."""
    return _hidden(_Question(facts, category, Right.READ, marks), marks, Reason.OPPOSITION) is not None


def _opposition(question: _Question) -> Step | None:
    """3. The patient keeps this reader out, or has hidden this record from everybody but its author."""
    facts, marks = question.facts, question.marks
    if facts.role is not Role.PROFESSIONAL:
        return None
    opposed = opposed_step(facts)
    if opposed is not None:
        return opposed
    if marks is None or facts.wrote(marks):
        return None
    for each in in_force(facts.oppositions, facts.at):
        if each.author is not None and each.author == marks.author:
            return Step(Reason.OPPOSITION, Ground.OPPOSED_AUTHOR, False, each.id)
    if facts.switches.masked and _emergency(question) is not None:
        return None
    return _hidden(question, marks, Reason.OPPOSITION)


def opposed_step(facts: Facts) -> Step | None:
    """The refusal of a reader whom the patient opposes, as a person or through an organisation."""
    opposition = facts.opposition
    if opposition is None:
        return None
    ground = Ground.OPPOSED_ORGANISATION if opposition.by_organisation else Ground.OPPOSED_PERSON
    return Step(Reason.OPPOSITION, ground, False, opposition.id)


def breaks_glass(facts: Facts, category: Category) -> bool:
    """Whether an emergency of this reader would open this category for reading: its ceiling, and the patient's
    switches. Nobody breaks the glass in another's name.
    """
    regulator = facts.profession == Profession.EMERGENCY_REGULATOR
    return (
        facts.role is Role.PROFESSIONAL
        and facts.delegate is None
        and (facts.switches.regulator if regulator else facts.switches.others)
        and by_default(facts.ceiling(category), Right.READ)
    )


def _emergency(question: _Question) -> Step | None:
    """4. Broken glass: what the reader's own line and the emergency line both open."""
    emergency = question.facts.emergency
    if emergency is None or question.right is not Right.READ or not breaks_glass(question.facts, question.category):
        return None
    return Step(Reason.EMERGENCY, Ground.EMERGENCY, True, emergency.id)


def _choice(question: _Question) -> Step | None:
    """5. What the patient chose: the most precise choice counts, and of two equally precise, the closed one."""
    facts, category, right, _ = question
    if facts.role is not Role.PROFESSIONAL:
        return None
    best: ChoiceFact | None = None
    for each in facts.choices_on(category, right):
        if each.target is Target.NEWCOMER and not _is_newcomer(facts, each):
            continue
        if best is None or (each.target, each.allowed, each.id) < (best.target, best.allowed, best.id):
            best = each
    # A choice opens nothing outside a care relationship: it would outlive the care it was made for.
    if best is None or (best.allowed and not facts.in_care):
        return None
    return Step(Reason.CHOICE, _CHOICE_GROUNDS[best.target, best.allowed], best.allowed, best.id)


def _is_newcomer(facts: Facts, choice: ChoiceFact) -> bool:
    """Whether all care in force began after the patient chose for those to come. Such a choice only closes."""
    return (
        not choice.allowed
        and facts.in_care
        and all(choice.during.start <= span.start for span in facts.relationships if span.holds(facts.at))
    )


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
    (Target.NEWCOMER, False): Ground.CHOICE_NEWCOMER_CLOSED,
}
_MINOR = frozenset({Age.UNDER_15, Age.FROM_15})
_AGES = {
    RepresentativeKind.PARENT: _MINOR,
    RepresentativeKind.GUARDIAN: _MINOR,
    RepresentativeKind.CARER: frozenset({Age.ADULT}),
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
_ALL_SILENT = tuple(_SILENT[reason] for reason, _ in _RULES)


def _asked(*reasons: Reason) -> tuple[tuple[tuple[Step, ...], Callable[[_Question], Step | None]], ...]:
    """Rules in their order, each with the trace of those before it: what is left out never answers such readers."""
    return tuple((_ALL_SILENT[:place], rule) for place, (reason, rule) in enumerate(_RULES) if reason in reasons)


_ASKED_OF_PROFESSIONALS = _asked(Reason.NEVER, Reason.OPPOSITION, Reason.EMERGENCY, Reason.CHOICE, Reason.DEFAULT)
_ASKED_OF_OTHERS = _asked(Reason.SYSTEM, Reason.NEVER, Reason.OWN)
