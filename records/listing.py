"""From rows to what a page lists: only what the reader may see, headers only.

Plain functions for the doors of this room. They take a dossier that was entered and drawers that
were decided on; each row is decided on again by its marks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, islice
from typing import Any

from django.db.models import BooleanField, Count, DateTimeField, ExpressionWrapper, F, Q, Value

from consent.categories import Category
from consent.decisions import Decision, Facts, Marks, Right, decide, hides
from records.dossiers import Entered
from records.formats.fhir.carried import sources_of, without
from records.headers import Header
from records.house import source_digester
from records.models import Record, RecordQuerySet
from records.shown import Item, Point
from records.vault.cipher import Flaw, Unreadable

_ALLERGY = "AllergyIntolerance"
_UNDATED = datetime.min.replace(tzinfo=UTC)


def marks_of(row: Record) -> Marks:
    """All that consent is told of a record."""
    return Marks(
        author=row.author,
        masked=row.masked_at is not None,
        shown=row.shown_at is not None,
        filed_at=row.filed_at,
        held_until=row.held_until,
        secret=row.secret,
        opened=row.opened_at is not None,
    )


def decide_record(entered: Entered, row: Record) -> Decision:
    """What consent says of reading this record."""
    return decide(entered.facts, category=Category(row.category), right=Right.READ, marks=marks_of(row))


def count_by_category(
    entered: Entered, categories: Iterable[Category], *, also: Facts | None = None
) -> Counter[Category]:
    """How many records of each drawer the reader may see, without opening any.

    ``also`` leaves out what a second reader may not see: whoever is told the count.
    """
    # When it was filed matters only where the patient hides what is new; else few groups are counted.
    dated = entered.facts.hidden_new or (also is not None and also.hidden_new)
    filed = F("filed_at") if dated else Value(None, output_field=DateTimeField(null=True))
    groups = (
        Record.objects.filter(dossier_id=entered.ref.id, category__in=[category.value for category in categories])
        .values_list(
            "category",
            "author",
            _is_set("masked_at"),
            _is_set("shown_at"),
            filed,
            "held_until",
            "secret",
            _is_set("opened_at"),
        )
        .annotate(records=Count("id"))
    )
    counts: Counter[Category] = Counter()
    for code, *marks, records in groups:
        category = Category(code)
        seen = Marks(*marks)
        if _may_see(entered.facts, category, seen) and (also is None or _may_see(also, category, seen)):
            counts[category] += records
    return counts


def _is_set(column: str) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(Q(**{f"{column}__isnull": False}), output_field=BooleanField())


def everything(entered: Entered, category: Category) -> tuple[Item, ...]:
    """What one drawer holds for the reader, last events first."""
    return _by_date(_items(entered, _rows(entered, [category])))


def last_filed(entered: Entered, categories: Iterable[Category], newest: int) -> tuple[Item, ...]:
    """What was filed last in these drawers, last events first."""
    rows = _rows(entered, categories)
    page = 4 * newest
    found: list[Item] = []
    for start in count(step=page):
        batch = list(rows[start : start + page])
        found += (_item(entered, row) for row in islice(_visible(entered, batch), newest - len(found)))
        if len(found) >= newest or len(batch) < page:
            break
    return _by_date(found)


def allergies(entered: Entered, categories: Iterable[Category]) -> tuple[Item, ...]:
    """The allergies, when the drawer they lie in is among these."""
    if Category.MEDICAL_SUMMARY not in set(categories):
        return ()
    items = _items(entered, _rows(entered, [Category.MEDICAL_SUMMARY]))
    return _by_date(item for item in items if item.header.kind == _ALLERGY)


def open_row(entered: Entered, row: Record) -> tuple[Item, dict[str, Any]]:
    """One record, header and body.

    Raises:
        Unreadable: one of them does not open.
    """
    body = entered.keys.open_("record", row.id, row.revision, row.body, category=row.category)
    try:
        # Decimals, because 0.10 mmol/L and 0.1 mmol/L are not the same measurement.
        resource = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Unreadable(Flaw.CONTENT) from None
    return _item(entered, row), resource


def as_readable(entered: Entered, resource: dict[str, Any]) -> dict[str, Any]:
    """A resource without the names and results that it carries from records closed to this reader."""
    sources = sources_of(resource)
    if not sources:
        return resource
    digest = source_digester(entered.ref.id)
    digests = {digest(source): source for source in sources}
    rows = Record.objects.filter(dossier_id=entered.ref.id, source_digest__in=digests).defer("header", "body")
    closed = {digests[bytes(row.source_digest or b"")] for row in rows if not decide_record(entered, row).allowed}
    return without(resource, closed)


def comparable(entered: Entered, item: Item) -> tuple[Point, ...]:
    """The values of the same thing in the same unit, oldest first: the points of its curve."""
    header = item.header
    if header.value is None or not header.code:
        return ()
    same = (header.system, header.code, header.unit)
    points = [
        Point(
            record_id=other.record_id,
            date=other.header.date,
            value=other.header.value,
            low=other.header.low,
            high=other.header.high,
            flag=other.header.flag,
        )
        for other in _items(entered, _rows(entered, [item.category]))
        if other.header.value is not None
        and other.header.date is not None
        and (other.header.system, other.header.code, other.header.unit) == same
    ]
    return tuple(sorted(points, key=lambda point: point.date))


def _rows(entered: Entered, categories: Iterable[Category]) -> RecordQuerySet:
    return Record.objects.lying_in(entered.ref.id, categories).without_body()


def _visible(entered: Entered, rows: Iterable[Record]) -> Iterable[Record]:
    # Records of one drawer with the same marks have the same answer: few are asked, however long the list.
    answers: dict[tuple[str, Marks], bool] = {}
    for row in rows:
        marks = marks_of(row)
        if not entered.facts.hidden_new:
            marks = marks._replace(filed_at=None)
        question = (row.category, marks)
        if question not in answers:
            answers[question] = _may_see(entered.facts, Category(row.category), question[1])
        if answers[question]:
            yield row


def _may_see(facts: Facts, category: Category, marks: Marks) -> bool:
    return decide(facts, category=category, right=Right.READ, marks=marks).allowed


def _items(entered: Entered, rows: Iterable[Record]) -> list[Item]:
    return [_item(entered, row) for row in _visible(entered, rows)]


def _item(entered: Entered, row: Record) -> Item:
    data = entered.keys.open_("header", row.id, row.revision, row.header, category=row.category)
    try:
        header = Header.from_bytes(data)
    except ValueError:
        raise Unreadable(Flaw.CONTENT) from None
    return Item(
        record_id=row.id,
        category=Category(row.category),
        header=header,
        filed_at=row.filed_at,
        revision=row.revision,
        masked=hides(entered.facts, Category(row.category), marks_of(row)),
        held_until=_held_until(entered, row),
        secret=row.secret,
        opened=row.opened_at is not None,
        author=row.author,
        mine=row.author is not None and row.author == entered.facts.professional,
        brought=row.brought_by is not None and entered.facts.is_own,
    )


def _held_until(entered: Entered, row: Record) -> datetime | None:
    return row.held_until if row.held_until is not None and entered.facts.at < row.held_until else None


def _by_date(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: (item.header.date or _UNDATED, item.filed_at), reverse=True))
