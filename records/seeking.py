"""What somebody looks for in a record, and where a header holds it (pure).

Words are compared without accents and case, and found inside longer ones. They live as long as one request: neither
the words nor what they were compared with is kept, written or sent anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID

from consent.categories import Category
from records.folding import folded
from records.shown import Blunt

MOST_WORDS = 12
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBER = re.compile(r"\d+,\d+")
_SHORT = 2


class Where(StrEnum):
    """The part of a row in which a word was found."""

    TITLE = "title"
    PLAIN = "plain"
    AUTHOR = "author"
    PLACE = "place"
    VALUE = "value"
    CODE = "code"
    DATE = "date"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sought(Blunt):
    """What is asked for; what is left empty leaves nothing out.

    Attributes:
        words: all of them must be found, each anywhere in the row.
        author: words to be found in who wrote it, or where.
        categories: the drawers to look in, of those that are open; empty for all.
        since: the first moment, included.
        until: the moment it ends, not included.
        year: only what happened in that year, of the years that are counted.
        outside: only values outside their range.
        only_new: only what was added since the reader's last visit; nothing when there was none.
        after: the record that a page before ended with.
    """

    words: str = ""
    author: str = ""
    categories: frozenset[Category] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    year: int | None = None
    outside: bool = False
    only_new: bool = False
    after: UUID | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Word(Blunt):
    """One word looked for, folded; ``day`` or ``year`` when it is one."""

    text: str
    day: date | None = None
    year: int | None = None

    def inside(self, text: str) -> bool:
        """Whether a folded text holds it; very short words and numbers only at the beginning of a word."""
        if len(self.text) > _SHORT and not self.text[0].isdigit():
            return self.text in text
        return text.startswith(self.text) or any(before + self.text in text for before in _BEGINNINGS)

    def dates(self, when: date) -> bool:
        """Whether it is that day, or its year."""
        return when == self.day or when.year == self.year


_BEGINNINGS = (" ", "-", "(", "[", "/", "'")


def words_of(text: str) -> tuple[Word, ...]:
    """The words of what was typed, at most :data:`MOST_WORDS`."""
    pieces = (piece.strip("\"'.,;:!?()[]«»“”") for piece in folded(text).split())
    return tuple(_word(piece) for piece in pieces if piece)[:MOST_WORDS]


def _word(text: str) -> Word:
    day = _day_of(text)
    if _NUMBER.fullmatch(text):
        # A French decimal comma is a dot in the header.
        text = text.replace(",", ".")
    return Word(text, day, int(text) if _YEAR.fullmatch(text) else None)


def _day_of(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    if not found:
        return None
    day, month, year, *iso = found.groups()
    try:
        return date(int(year), int(month), int(day)) if year else date(*map(int, iso))
    except ValueError:
        return None


def parts_of(header: dict[str, Any], category: str, plain: str) -> dict[Where, str]:
    """The folded text of each part of a header, as it was sealed, in the order in which they are told.

    ``category`` and ``plain`` (the everyday name of an analysis) come folded.
    """
    value = " ".join(filter(None, (_digits(header.get("value", "")), header.get("value_text"), header.get("unit"))))
    return {
        Where.TITLE: folded(header.get("title", "")),
        Where.PLAIN: plain,
        Where.AUTHOR: folded(header.get("author_name", "")),
        Where.PLACE: folded(header.get("place", "")),
        Where.VALUE: folded(value),
        Where.CODE: header.get("code", "").lower(),
        Where.CATEGORY: category,
    }


def _digits(value: str) -> str:
    try:
        return f"{Decimal(value):f}" if value else ""
    except InvalidOperation:
        return ""


def found_in(words: Iterable[Word], parts: dict[Where, str], when: date) -> tuple[Where, ...] | None:
    """Where the words are, in the order of :class:`Where`; ``None`` when one of them is nowhere."""
    places: set[Where] = set()
    for word in words:
        met = {part for part, text in parts.items() if text and word.inside(text)}
        if word.dates(when):
            met.add(Where.DATE)
        if not met:
            return None
        places |= met
    return tuple(where for where in Where if where in places)


def authored_by(words: Iterable[Word], parts: dict[Where, str]) -> bool:
    """Whether who wrote it, or where, holds every word."""
    return all(word.inside(parts[Where.AUTHOR]) or word.inside(parts[Where.PLACE]) for word in words)
