"""One page of an open drawer: what lies ahead, what stands first, and fifty rows of the rest.

Plain functions for the door of a category; they take a dossier that was entered and a drawer that was decided on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from consent.categories import Category
from records.dossiers import Entered
from records.glances import Glance, field_of, glances, item_of, years_of
from records.headers import Header
from records.shown import Blunt, Item

PAGE = 50
# A small line beside a row shows no more.
_CURVE = 24
# However many medicines a source never ended, a page stays a page.
_MOST_FIRST = 60
_APPOINTMENT = field_of("kind", "Appointment")
_ALLERGY = field_of("kind", "AllergyIntolerance")
_MEDICINES = (field_of("kind", "MedicationRequest"), field_of("kind", "MedicationStatement"))
_CODED = re.compile(rb'"code":"([^"]+)"')
_VALUED = b'"value":"'
_MEASURED = field_of("kind", "Observation")


@dataclass(frozen=True, slots=True)
class Leaf:
    """Which page is asked for: of one ``year``, of values ``outside`` their range, after a record."""

    year: int | None = None
    outside: bool = False
    after: UUID | None = None


_FIRST = Leaf()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page(Blunt):
    """What :class:`records.shown.Drawer` says of a page."""

    items: tuple[Item, ...]
    total: int
    years: tuple[tuple[int, int], ...]
    ahead: tuple[Item, ...]
    first: tuple[Item, ...]
    following: UUID | None
    curves: Mapping[UUID, tuple[Header, ...]] = field(default_factory=dict)


def page_of(entered: Entered, category: Category, leaf: Leaf) -> Page:
    """The page of a drawer that a leaf asks for.

    Raises:
        Unreadable: a header does not open.
    """
    everything = glances(entered, [category])
    ahead = [each for each in everything if is_ahead(entered, each)]
    first = [each for each in everything if _stands_first(each)][:_MOST_FIRST]
    apart = {id(each) for each in (*ahead, *first)}
    rest = [each for each in everything if id(each) not in apart] if apart else everything
    years = years_of(rest)
    if leaf.year is not None:
        rest = [each for each, year in zip(rest, years, strict=True) if year == leaf.year]
    if leaf.outside:
        rest = [each for each in rest if is_outside(each)]
    rows, following = fifty(rest, leaf.after)
    is_first = leaf == _FIRST
    return Page(
        items=tuple(item_of(entered, each) for each in rows),
        total=len(everything),
        years=tuple(sorted(Counter(years).items(), reverse=True)),
        ahead=tuple(item_of(entered, each) for each in reversed(ahead)) if is_first else (),
        first=tuple(item_of(entered, each) for each in first) if is_first else (),
        following=following,
        curves=_curves(everything, rows),
    )


def fifty(rows: Sequence[Glance], after: UUID | None) -> tuple[Sequence[Glance], UUID | None]:
    """The rows after that record (the first ones when it is not among them), and what to give for the next page."""
    start = next((place + 1 for place, each in enumerate(rows) if each.row.id == after), 0)
    page = rows[start : start + PAGE]
    return page, page[-1].row.id if start + PAGE < len(rows) else None


def is_ahead(entered: Entered, glance: Glance) -> bool:
    """Whether it is an appointment to come."""
    return glance.when > entered.facts.at and glance.has(_APPOINTMENT)


def _stands_first(glance: Glance) -> bool:
    """Allergies always; medicines as long as their source says that they go on."""
    return glance.has(_ALLERGY) or (glance.is_active and any(map(glance.has, _MEDICINES)))


def is_outside(glance: Glance) -> bool:
    """Whether it is a value outside its reference range, as its source says or by plain comparison."""
    return (_VALUED in glance.plain or b'"flag":' in glance.plain) and glance.header().standing.outside


def _curves(everything: Sequence[Glance], rows: Sequence[Glance]) -> dict[UUID, tuple[Header, ...]]:
    """The last values of each analysis whose newest result is among the rows, oldest first."""
    of_a_code: dict[bytes, list[Glance]] = {}
    for each in everything:
        coded = _CODED.search(each.plain) if _VALUED in each.plain and each.has(_MEASURED) else None
        if coded is not None and len(same := of_a_code.setdefault(coded[1], [])) < _CURVE:
            same.append(each)
    shown = {each.row.id for each in rows}
    curves = {}
    for newest, *others in of_a_code.values():
        if newest.row.id in shown and len(others) > 1:
            header = newest.header()
            before = [older for other in others if _continues(header, older := other.header())]
            curves[newest.row.id] = (*reversed(before), header)
    return curves


def _continues(newest: Header, older: Header) -> bool:
    return (older.system, older.unit) == (newest.system, newest.unit) and None not in (older.value, older.date)
