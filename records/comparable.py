"""The values of one thing over the years: what may stand on one curve, in one unit, and what may not.

A plain function for the door of a record; it takes a dossier that was entered and decided on.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from records.dossiers import Entered
from records.glances import field_of, glances
from records.headers import Header
from records.shown import Item, Point
from records.units import LOINC, convert, same_thing

# The amounts of bills have a code and a unit too: they are no measure of anybody.
_MEASURED = "Observation"


def series_of(entered: Entered, item: Item) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """The values of the same thing in the unit of this record, oldest first; and those that cannot stand beside them.

    The same thing is the same code in the same system; for LOINC also the code that differs by its unit alone. What
    was measured in a unit that does not convert is told apart and drawn nowhere.

    Raises:
        Unreadable: a header does not open.
    """
    header = item.header
    if header.kind != _MEASURED or header.value is None or not header.code:
        return (), ()
    codes = same_thing(header.code) if header.system == LOINC else (header.code,)
    coded = [field_of("code", code) for code in codes]
    points: list[Point] = []
    apart: list[Point] = []
    for glance in reversed(glances(entered, [item.category])):
        if not any(map(glance.has, coded)):
            continue
        other = glance.header()
        if other.value is None or other.date is None or other.system != header.system or other.code not in codes:
            continue
        point = _point(glance.row.id, other.date, other.value, other, header)
        (points if point.unit == header.unit else apart).append(point)
    return tuple(points), tuple(apart)


def _point(record_id: UUID, date: datetime, value: Decimal, other: Header, wanted: Header) -> Point:
    """A point in the unit of ``wanted`` when its value converts, else in its own."""
    code = wanted.code if wanted.system == LOINC else ""
    moved = convert(value, other.unit, wanted.unit, code=code)

    def shifted(bound: Decimal | None) -> Decimal | None:
        return bound if bound is None or moved is None else convert(bound, other.unit, wanted.unit, code=code)

    return Point(
        record_id=record_id,
        date=date,
        value=value if moved is None else moved,
        unit=other.unit if moved is None else wanted.unit,
        low=shifted(other.low),
        high=shifted(other.high),
        flag=other.flag,
        measured=value,
        measured_unit=other.unit,
    )
