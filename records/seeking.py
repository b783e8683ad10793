"""What somebody looks for in a record, and where a header holds it (pure).

Words are compared without accents and case, and found inside longer ones. They live as long as one request: neither
the words nor what they were compared with is kept, written or sent anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID

from consent.categories import Category
from records.folding import folded
from records.plain.words import names_for
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

    @property
    def is_dated(self) -> bool:
        """Whether it may be a day or a year."""
        return self.day is not None or self.year is not None

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


# The parts of a row in the order in which they are compared; the date is compared as a date.
_PARTS = (Where.TITLE, Where.PLAIN, Where.AUTHOR, Where.PLACE, Where.VALUE, Where.CODE, Where.CATEGORY)


class Reader(Blunt):
    """Compares headers with what is sought, for one search; what rows have in common is folded once."""

    __slots__ = ("_authors", "_folded", "_words")

    def __init__(self, words: Sequence[Word], authors: Sequence[Word]) -> None:
        self._words = words
        self._authors = authors
        self._folded: dict[str, str] = {}

    def found_in(
        self, header: Mapping[str, str], category: str, when: datetime, zone: tzinfo
    ) -> tuple[Where, ...] | None:
        """Where every word stands, in the order of :class:`Where`; ``None`` when one of them is nowhere.

        Args:
            header: the fields of a header, as they were sealed.
            category: the name of its drawer, as its reader sees it.
            when: when it happened.
            zone: where it is read: a day begins there.
        """
        if not self._is_authored(header):
            return None
        parts = self._parts(header, category)
        whole = "\n".join(parts)
        places: set[Where] = set()
        for word in self._words:
            is_date = word.is_dated and word.dates(when.astimezone(zone).date())
            if not is_date and word.text not in whole:
                return None
            met = {where for where, text in zip(_PARTS, parts, strict=True) if word.inside(text)}
            if is_date:
                met.add(Where.DATE)
            if not met:
                return None
            places |= met
        return tuple(where for where in Where if where in places)

    def _is_authored(self, header: Mapping[str, str]) -> bool:
        """Whether who wrote it, or where, holds every word for an author."""
        author, place = self._fold(header.get("author_name", "")), self._fold(header.get("place", ""))
        return all(word.inside(author) or word.inside(place) for word in self._authors)

    def _parts(self, header: Mapping[str, str], category: str) -> tuple[str, ...]:
        said = header.get
        return (
            self._fold(said("title", "")),
            names_for(said("system", ""), said("code", "")),
            self._fold(said("author_name", "")),
            self._fold(said("place", "")),
            f"{_digits(said('value', ''))} {self._fold(said('value_text', ''))} {self._fold(said('unit', ''))}",
            said("code", "").lower(),
            self._fold(category),
        )

    def _fold(self, text: str) -> str:
        known = self._folded.get(text)
        if known is None:
            known = self._folded[text] = folded(text)
        return known


def _digits(value: str) -> str:
    """A number as people type it: a header may hold it with an exponent."""
    try:
        return f"{Decimal(value):f}" if "E" in value else value
    except InvalidOperation:
        return ""
