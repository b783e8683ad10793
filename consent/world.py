"""What a decision is made from: facts about one reader and one dossier at one instant.

Frozen, small, and blind: identifiers, ranges of time and words of closed lists, never a name nor a content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from audit.actor import Role, SystemTask
from consent.ages import Age
from consent.categories import Category
from consent.matrix import Access, Row, cut
from consent.rights import Right


class Target(IntEnum):
    """Whom a choice is about, the most precise first: the most precise one counts."""

    PERSON = 0
    TEAM = 1
    PROFESSION = 2
    NEWCOMER = 3


class RepresentativeKind(StrEnum):
    """In what name somebody acts for a patient: parents and guardians for a minor, carers for an adult."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    CARER = "carer"


class Span(NamedTuple):
    """A range of time ``[start, end)``; no end means until further notice."""

    start: datetime
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in the range: the start does, the end does not."""
        return self.start <= at and (self.end is None or at < self.end)


class ChoiceFact(NamedTuple):
    """A choice of the patient that concerns this reader: as a person, by team, by profession or as a newcomer."""

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


class DelegationFact(NamedTuple):
    """A professional lets this reader act in their name, in these categories."""

    id: UUID
    categories: frozenset[Category]
    during: Span


class RepresentationFact(NamedTuple):
    """This reader acts for the patient, in these categories."""

    id: UUID
    kind: RepresentativeKind
    categories: frozenset[Category]
    during: Span


class HidingFact(NamedTuple):
    """Since its start, new documents (of one category, or of all) stay hidden until the patient shows them."""

    id: UUID
    category: Category | None
    during: Span


class Switches(NamedTuple):
    """What the patient lets an emergency open: to the regulator, to others, documents that are hidden."""

    regulator: bool = True
    others: bool = True
    masked: bool = False


class Marks(NamedTuple):
    """All that consent ever sees of a record.

    Who wrote it; whether the patient hid it, or showed it expressly; when it was filed; until when it is held back
    for a disclosure visit; whether it was filed under secrecy from guardians, or opened to them.
    """

    author: UUID | None = None
    masked: bool = False
    shown: bool = False
    filed_at: datetime | None = None
    held_until: datetime | None = None
    secret: bool = False
    opened: bool = False


class _Dated(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def during(self) -> Span: ...


_Fact = TypeVar("_Fact", bound=_Dated)
_Worked = TypeVar("_Worked")


def in_force(facts: Iterable[_Fact], at: datetime) -> list[_Fact]:
    """Those that hold at this instant, the smallest identifier first: order of loading must not matter."""
    return sorted((fact for fact in facts if fact.during.holds(at)), key=lambda fact: fact.id)


def _empty_row() -> Row:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision needs about one reader and one dossier at one instant.

    ``row`` is the line of the reader's profession in the matrix in force, ``emergency_row`` the line of the
    emergency regulator. A category missing from a line is closed. ``delegate`` is the person who acts in the name
    of ``professional``; everything else is then said of ``professional``. ``fresh`` tells that the patient proved
    again, moments ago, who they are.
    """

    at: datetime
    role: Role
    task: SystemTask | None = None
    own: bool = False
    fresh: bool = False
    age: Age = Age.UNKNOWN
    professional: UUID | None = None
    delegate: UUID | None = None
    profession: str = ""
    matrix: str = ""
    row: Row = field(default_factory=_empty_row)
    emergency_row: Row = field(default_factory=_empty_row)
    relationships: tuple[Span, ...] = ()
    delegations: tuple[DelegationFact, ...] = ()
    representations: tuple[RepresentationFact, ...] = ()
    oppositions: tuple[OppositionFact, ...] = ()
    emergencies: tuple[EmergencyFact, ...] = ()
    switches: Switches = field(default_factory=Switches)
    choices: tuple[ChoiceFact, ...] = ()
    hidden_new: tuple[HidingFact, ...] = ()
    discreet: frozenset[Category] = frozenset()
    # What was already worked out from these facts. They do not change, and live no longer than the request.
    worked_out: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        return self._once("in_care", lambda: any(span.holds(self.at) for span in self.relationships))

    @property
    def opposition(self) -> OppositionFact | None:
        """The opposition in force against this reader as such, if any: not one about an author."""
        if not self.oppositions:
            return None
        return next((each for each in in_force(self.oppositions, self.at) if each.author is None), None)

    @property
    def emergency(self) -> EmergencyFact | None:
        """The emergency access in force, if any."""
        return next(iter(in_force(self.emergencies, self.at)), None) if self.emergencies else None

    def choices_on(self, category: Category, right: Right) -> Sequence[ChoiceFact]:
        """The choices in force about this right on this category."""
        return self._once("choices", self._choices).get((category, right), ())

    @property
    def represents(self) -> bool:
        """Whether this reader acts for the patient at this instant, whatever that opens."""
        return (
            self.role is Role.PATIENT
            and not self.own
            and any(each.during.holds(self.at) for each in self.representations)
        )

    def wrote(self, marks: Marks) -> bool:
        """Whether the professional, or the one in whose name somebody acts, is the author of the record.

        What a delegate wrote in their own name does not count: they would see more than the one they act for.
        """
        return marks.author is not None and marks.author == self.professional

    def _once(self, name: str, work_out: Callable[[], _Worked]) -> _Worked:
        if name not in self.worked_out:
            self.worked_out[name] = work_out()
        worked: _Worked = self.worked_out[name]
        return worked

    def _choices(self) -> Mapping[tuple[Category, Right], Sequence[ChoiceFact]]:
        found: dict[tuple[Category, Right], list[ChoiceFact]] = {}
        for each in self.choices:
            if each.during.holds(self.at):
                found.setdefault((each.category, each.right), []).append(each)
        return found
