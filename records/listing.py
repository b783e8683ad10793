"""From rows to what a page lists: only what the reader may see, headers only.

Plain functions for the doors of this room. They take a dossier that was entered and drawers that
were decided on; each row is decided on again by its marks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import count, islice
from typing import Any

from django.db.models import BooleanField, Count, DateTimeField, ExpressionWrapper, F, Q, Value

from consent.categories import Category
from consent.decisions import Decision, Facts, Marks, Right, decide
from records.dossiers import Entered
from records.formats.fhir.carried import sources_of, without
from records.glances import Row, field_of, glance_at, glances, item_of, visible
from records.glances import marks_of as marks_of
from records.house import source_digester
from records.models import Record
from records.shown import Item
from records.vault.cipher import Flaw, Unreadable

_ALLERGY = field_of("kind", "AllergyIntolerance")


def decide_record(entered: Entered, row: Record) -> Decision:
    """What consent says of reading this record."""
    return decide(entered.facts, category=Category(row.category), right=Right.READ, marks=marks_of(row))


def count_by_category(
    entered: Entered,
    categories: Iterable[Category],
    *,
    also: Facts | None = None,
    since: datetime | None = None,
) -> Counter[Category]:
    """How many records of each drawer the reader may see, without opening any.

    ``also`` leaves out what a second reader may not see: whoever is told the count. ``since`` leaves out what was
    filed before.
    """
    # When it was filed matters only where the patient hides what is new; else few groups are counted.
    dated = entered.facts.hidden_new or (also is not None and also.hidden_new)
    filed = F("filed_at") if dated else Value(None, output_field=DateTimeField(null=True))
    rows = Record.objects.filter(dossier_id=entered.ref.id, category__in=[category.value for category in categories])
    if since is not None:
        rows = rows.filter(filed_at__gt=since)
    groups = rows.values_list(
        "category",
        "author",
        _is_set("masked_at"),
        _is_set("shown_at"),
        filed,
        "held_until",
        "secret",
        _is_set("opened_at"),
    ).annotate(records=Count("id"))
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
    return tuple(item_of(entered, each) for each in glances(entered, [category]))


def last_filed(entered: Entered, categories: Iterable[Category], newest: int) -> tuple[Item, ...]:
    """What was filed last in these drawers, last events first."""
    rows = Record.objects.lying_in(entered.ref.id, categories).values_list(*Row._fields)
    page = 4 * newest
    found: list[Item] = []
    for start in count(step=page):
        batch = [Row._make(row) for row in rows[start : start + page]]
        shown = islice(visible(entered, batch), newest - len(found))
        found += (item_of(entered, glance_at(entered, row)) for row in shown)
        if len(found) >= newest or len(batch) < page:
            break
    return tuple(sorted(found, key=lambda item: (item.header.date or item.filed_at, item.filed_at), reverse=True))


def allergies(entered: Entered, categories: Iterable[Category]) -> tuple[Item, ...]:
    """The allergies, when the drawer they lie in is among these."""
    if Category.MEDICAL_SUMMARY not in set(categories):
        return ()
    return tuple(item_of(entered, each) for each in glances(entered, [Category.MEDICAL_SUMMARY]) if each.has(_ALLERGY))


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
    return item_of(entered, glance_at(entered, row)), resource


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


def _may_see(facts: Facts, category: Category, marks: Marks) -> bool:
    return decide(facts, category=category, right=Right.READ, marks=marks).allowed
