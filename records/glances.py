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
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from consent.categories import Category
from consent.decisions import Marks, Right, decide, hides
from records.dossiers import Entered
from records.headers import Header
from records.models import Record
from records.shown import Blunt, Item
from records.vault.cipher import Flaw, Unreadable

# Inside a string of JSON a quotation mark has a backslash before it: these bytes are keys and whole values.
_DATE = re.compile(rb'"date":"([^"]+)"')
_KIND = b'"kind":"%b"'
_CODE = b'"code":"%b"'
_ACTIVE = b'"status":"active"'


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


@dataclass(slots=True, eq=False, repr=False)
class Glance(Blunt):
    """One visible row with its open header. ``when`` is when it happened, else when it was filed."""

    row: Row | Record
    plain: bytes
    when: datetime

    def is_a(self, kind: str) -> bool:
        """Whether it is of that FHIR type."""
        return _KIND % kind.encode() in self.plain

    def is_coded(self, code: str) -> bool:
        """Whether the thing has that code."""
        return _CODE % code.encode() in self.plain

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
    rows = Record.objects.lying_in(entered.ref.id, categories).values_list(*Row._fields)
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
    answers: dict[tuple[str, Marks], bool] = {}
    for row in rows:
        marks = marks_of(row)
        if not entered.facts.hidden_new:
            marks = marks._replace(filed_at=None)
        question = (row.category, marks)
        if question not in answers:
            decision = decide(entered.facts, category=Category(row.category), right=Right.READ, marks=marks)
            answers[question] = decision.allowed
        if answers[question]:
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


def local_year(glance: Glance) -> int:
    """The year it happened, where it is read."""
    return timezone.localtime(glance.when).year
