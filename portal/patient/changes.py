"""What a sharing form asks, compared with what is in force (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from consent.categories import Category
from consent.decisions import Ground
from consent.explaining import Cell, Person, ProfessionalSharing, Sharing, State
from portal.ui.formatting import last_day

_OPPOSED = frozenset({Ground.OPPOSED_PERSON, Ground.OPPOSED_ORGANISATION})


@dataclass(frozen=True, slots=True)
class Change:
    """One switch that would move: who, which category, open or closed."""

    person: Person
    category: Category
    allowed: bool

    @property
    def code(self) -> str:
        """The same as a form field."""
        return f"{self.person.id}:{self.category.value}:{'open' if self.allowed else 'close'}"


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for one person: the categories that open and those that close."""

    person: Person
    opened: tuple[Category, ...]
    closed: tuple[Category, ...]


def is_opposed(line: ProfessionalSharing) -> bool:
    """Whether the patient keeps this person out, so that no switch of theirs can open anything."""
    return any(cell.ground in _OPPOSED for cell in line.cells)


def can_switch(line: ProfessionalSharing, cell: Cell) -> bool:
    """Whether the patient's choice has an effect on this cell."""
    return cell.state is not State.NEVER and cell.ground is not Ground.EMERGENCY_ROUTE_ONLY and not is_opposed(line)


def cell_code(line: ProfessionalSharing, cell: Cell) -> str:
    """The value of a cell's switch in a form."""
    return f"{line.person.id}:{cell.category.value}"


def asked_changes(sharing: Sharing, people: Iterable[str], switched_on: Iterable[str]) -> tuple[Change, ...]:
    """The switches that differ from what is in force.

    Args:
        people: identifiers of the professionals that the form was about; others are left alone.
        switched_on: the codes of the switches that are on; what the form does not know is ignored.
    """
    about, on = set(people), set(switched_on)
    return tuple(
        Change(line.person, cell.category, cell_code(line, cell) in on)
        for line in sharing.professionals
        if str(line.person.id) in about
        for cell in line.cells
        if can_switch(line, cell) and (cell.state is State.OPEN) != (cell_code(line, cell) in on)
    )


def confirmed_changes(sharing: Sharing, codes: Iterable[str]) -> tuple[Change, ...]:
    """The changes of the codes that a preview showed and that still make sense."""
    wanted = set(codes)
    possible = (
        Change(line.person, cell.category, cell.state is not State.OPEN)
        for line in sharing.professionals
        for cell in line.cells
        if can_switch(line, cell)
    )
    return tuple(change for change in possible if change.code in wanted)


def effects(changes: Iterable[Change]) -> tuple[Effect, ...]:
    """The changes told person by person, in their order."""
    people: dict[UUID, list[Change]] = {}
    for change in changes:
        people.setdefault(change.person.id, []).append(change)
    return tuple(
        Effect(
            group[0].person,
            tuple(change.category for change in group if change.allowed),
            tuple(change.category for change in group if not change.allowed),
        )
        for group in people.values()
    )


def reason(cell: Cell) -> str:
    """Why a cell is open or closed, in a few words, and until when."""
    if cell.until is not None:
        return _("%(why)s, until %(day)s") % {"why": _few_words(cell.ground), "day": last_day(cell.until)}
    return _few_words(cell.ground)


def _few_words(ground: Ground) -> str:
    if ground is Ground.DEFAULT_OPEN:
        return _("By default for this profession")
    if ground is Ground.ON_CONSENT:
        return _("Closed until you open it")
    if ground in {Ground.CHOICE_PERSON_OPEN, Ground.CHOICE_PERSON_CLOSED}:
        return _("Your choice")
    if ground in {Ground.CHOICE_TEAM_OPEN, Ground.CHOICE_TEAM_CLOSED}:
        return _("Your choice for the whole team")
    if ground in {Ground.CHOICE_PROFESSION_OPEN, Ground.CHOICE_PROFESSION_CLOSED}:
        return _("Your choice for the whole profession")
    return ground.explanation.rstrip(".")
