"""What a page receives to show one record: sections, rows, and a text.

Labels are English msgids. A value is one of five things, so that a page writes it in the reader's
language: a :class:`Word` (a msgid of ours), a date, a datetime, a Decimal, or text of the source,
which is never translated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from records.headers import Flag


class Word(str):
    """A msgid of ours standing as a value: translate it before showing it."""

    __slots__ = ()


Value = str | date | datetime | Decimal


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One line: a label, its value, the unit or range or comment beside it, a flag.

    ``label`` is a :class:`Word` when it is ours, plain text when it is the source's (the name of an analysis).
    """

    label: str
    value: Value
    note: Value = ""
    flag: Flag = Flag.NONE

    def __repr__(self) -> str:
        return "<Row>"


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """Rows that belong together, under a heading."""

    label: str
    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        return "<Section>"


@dataclass(frozen=True, slots=True, repr=False)
class Presentation:
    """A whole record for a person: sections first, then plain text (paragraphs parted by blank lines)."""

    sections: tuple[Section, ...] = ()
    narrative: str = ""

    def __repr__(self) -> str:
        return "<Presentation>"
