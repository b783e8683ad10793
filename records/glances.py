"""The headers of drawers, opened and not yet read: what a long list needs before it knows which rows it shows.

Opening a header takes some microseconds, making an item of it as long again. A page of fifty out of five thousand
opens them all, since dates, words and values are sealed, and reads whole only those that it shows. Plain functions for
the doors of this room; nothing outlives the request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from audit.prepared import fetch
from consent.categories import Category
from consent.decisions import Marks, Right, decide, hides
from records.dossiers import Entered
from records.headers import Header
from records.models import Record
from records.shown import Blunt, Item
from records.vault.cipher import Flaw, Unreadable

# Inside a string of JSON a quotation mark has a backslash before it: these bytes are keys and whole values.
_DATE = re.compile(rb'"date":"([^"]+)"')
_ACTIVE = b'"status":"active"'


def field_of(name: str, value: str) -> bytes:
    """A field of a header as it is sealed, to be looked for without reading the header: ``b'"kind":"Appointment"'``."""
    return json.dumps({name: value}, ensure_ascii=False, separators=(",", ":"))[1:-1].encode()


class Row(NamedTuple):
    """The columns of a record that a list needs: no body."""

    id: UUID
    category: str
    header: bytes
    filed_at: datetime
    author: UUID | None
    masked_at: datetime | None
    shown_at: datetime | None
    held_until: datetime | None
    secret: bool
    opened_at: datetime | None
    revision: int
    brought_by: UUID | None

    def __repr__(self) -> str:
        return "<Row>"


# What ``Record.objects`` gives, less its order: four times faster than through a query set, where thousands are read.
_ROWS = f"""
SELECT {", ".join(Row._fields)} FROM records_record
WHERE dossier_id = %s AND category = ANY(%s) AND removed_at IS NULL
"""  # noqa: S608 - names of columns, all of them written above  # nosec B608


@dataclass(slots=True, eq=False, repr=False)
class Glance(Blunt):
    """One visible row with its open header. ``when`` is when it happened, else when it was filed."""

    row: Row | Record
    plain: bytes
    when: datetime

    def has(self, field: bytes) -> bool:
        """Whether it holds a field as :func:`field_of` writes it."""
        return field in self.plain

    @property
    def is_active(self) -> bool:
        """Whether its source says that it still goes on."""
        return _ACTIVE in self.plain

    def fields(self) -> dict[str, Any]:
        """The header as it was sealed.

        Raises:
            Unreadable: these bytes are no header.
        """
        try:
            known = json.loads(self.plain)
        except ValueError:
            raise Unreadable(Flaw.CONTENT) from None
        return known if isinstance(known, dict) else {}

    def header(self) -> Header:
        """The header, read whole.

        Raises:
            Unreadable: these bytes are no header.
        """
        try:
            return Header.from_bytes(self.plain)
        except ValueError:
            raise Unreadable(Flaw.CONTENT) from None


def glances(entered: Entered, categories: Iterable[Category]) -> list[Glance]:
    """What these drawers hold for the reader, last events first: one query, every header opened.

    Raises:
        Unreadable: a header does not open.
    """
    drawers = [category.value for category in categories]
    rows = fetch(_ROWS, [entered.ref.id, drawers], binary=True)
    found = [glance_at(entered, row) for row in visible(entered, map(Row._make, rows))]
    found.sort(key=_latest, reverse=True)
    return found


def _latest(glance: Glance) -> tuple[datetime, datetime]:
    return glance.when, glance.row.filed_at


def glance_at(entered: Entered, row: Row | Record) -> Glance:
    """Open the header of a row that the reader may see.

    Raises:
        Unreadable: it does not open.
    """
    plain = entered.keys.open_("header", row.id, row.revision, row.header, category=row.category)
    dated = _DATE.search(plain)
    if dated is None:
        return Glance(row, plain, row.filed_at)
    try:
        when = datetime.fromisoformat(dated[1].decode())
    except ValueError:
        raise Unreadable(Flaw.CONTENT) from None
    return Glance(row, plain, when)


def visible(entered: Entered, rows: Iterable[Row]) -> Iterator[Row]:
    """Those of the rows that consent lets this reader see."""
    # Records of one drawer with the same marks have the same answer: few are asked, however long the list.
    answers: dict[tuple[object, ...], bool] = {}
    dated = entered.facts.hidden_new
    for row in rows:
        question = (
            row.category,
            row.author,
            row.masked_at is None,
            row.shown_at is None,
            row.held_until,
            row.secret,
            row.opened_at is None,
            row.filed_at if dated else None,
        )
        known = answers.get(question)
        if known is None:
            decision = decide(entered.facts, category=Category(row.category), right=Right.READ, marks=marks_of(row))
            known = answers[question] = decision.allowed
        if known:
            yield row


def marks_of(row: Row | Record) -> Marks:
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


def item_of(entered: Entered, glance: Glance) -> Item:
    """The row of a list.

    Raises:
        Unreadable: its header cannot be read.
    """
    row, facts = glance.row, entered.facts
    return Item(
        record_id=row.id,
        category=Category(row.category),
        header=glance.header(),
        filed_at=row.filed_at,
        revision=row.revision,
        masked=hides(facts, Category(row.category), marks_of(row)),
        held_until=row.held_until if row.held_until is not None and facts.at < row.held_until else None,
        secret=row.secret,
        opened=row.opened_at is not None,
        author=row.author,
        mine=row.author is not None and row.author == facts.professional,
        brought=row.brought_by is not None and facts.is_own,
    )


def years_of(found: Iterable[Glance]) -> list[int]:
    """The year each of them happened, where it is read."""
    zone = timezone.get_current_timezone()
    return [_year(each.when, zone) for each in found]


def _year(when: datetime, zone: tzinfo) -> int:
    # Only around New Year does a time zone change the year.
    if (when.month, when.day) in _NEW_YEAR:
        return when.astimezone(zone).year
    return when.year


_NEW_YEAR = {(12, 31), (1, 1)}
