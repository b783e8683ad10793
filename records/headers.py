"""What a list, a search or a curve may know of a record: its header.

A header is plaintext. It is sealed beside the body, opened inside a door, and lives no longer than
one page. Its ``repr`` says nothing, so that no log or traceback can carry a clinical word. It is sealed
apart from the body so that a page of a hundred rows opens a hundred small things and no document.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop as _

_VERSION = 1
_NUMBERS = ("value", "low", "high")


class Flag(StrEnum):
    """Where a value lies beside its reference range; empty when nobody said."""

    NONE = ""
    NORMAL = "normal"
    LOW = "low"
    HIGH = "high"
    VERY_LOW = "very_low"
    VERY_HIGH = "very_high"
    ABNORMAL = "abnormal"

    @property
    def word(self) -> str:
        """The English word for it (a msgid), empty when there is none."""
        return _WORDS[self]

    @property
    def outside(self) -> bool:
        """Whether the value lies outside its range."""
        return self not in (Flag.NONE, Flag.NORMAL)


def beside(value: Decimal, low: Decimal | None, high: Decimal | None) -> Flag:
    """On which side of its range a value lies; empty without a range."""
    if low is not None and value < low:
        return Flag.LOW
    if high is not None and value > high:
        return Flag.HIGH
    return Flag.NONE if low is None and high is None else Flag.NORMAL


_WORDS = {
    Flag.NONE: "",
    Flag.NORMAL: _("Normal"),
    Flag.LOW: _("Below"),
    Flag.HIGH: _("Above"),
    Flag.VERY_LOW: _("Far below"),
    Flag.VERY_HIGH: _("Far above"),
    Flag.ABNORMAL: _("Abnormal"),
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Header:
    """The few facts of a record that fit in a row.

    Attributes:
        kind: FHIR resource type, e.g. ``"Observation"``.
        title: what the source calls it, in the source's language.
        date: when it happened, aware; midnight UTC when the source gave a day, the first instant
            of the month or year when it gave only that.
        author_name: who wrote, measured or ordered it, as printed.
        place: where, as printed.
        code: code of the thing (LOINC, SNOMED CT, CIP…); with ``system``, what makes two values comparable.
        system: the code's system (URI).
        value: a single numeric value, rounded to four digits when a computer wrote more than six (the body is exact).
        value_text: the value in words when it is not one number (``"120/80"``, ``"positive"``).
        unit: printed unit of ``value``, ``low`` and ``high``.
        low: lower end of the reference range.
        high: upper end of the reference range.
        flag: a :class:`Flag`.
        status: FHIR status code of the resource.

    Raises:
        ValueError: ``kind`` is empty, ``date`` has no time zone, a number is no finite ``Decimal``
            or ``flag`` is unknown.
    """

    kind: str
    title: str
    date: datetime | None = None
    author_name: str = ""
    place: str = ""
    code: str = ""
    system: str = ""
    value: Decimal | None = None
    value_text: str = ""
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    flag: Flag = Flag.NONE
    status: str = ""

    def __repr__(self) -> str:
        return "<Header>"

    @property
    def side(self) -> Flag:
        """The source's flag; without one, on which side of its range the value lies."""
        if self.flag is not Flag.NONE or self.value is None:
            return self.flag
        return beside(self.value, self.low, self.high)

    def __post_init__(self) -> None:
        # A header refused here is a bug in a mapping; refused when it is read, it is a lost page.
        if not self.kind:
            raise ValueError("kind='': expected the FHIR type of the record, such as Observation")
        if self.date is not None and self.date.tzinfo is None:
            raise ValueError(f"date of a {self.kind} header: expected a time zone, found none")
        for name in _NUMBERS:
            number = getattr(self, name)
            if number is not None and not (isinstance(number, Decimal) and number.is_finite()):
                raise ValueError(f"{name} of a {self.kind} header: expected a finite Decimal or None")
        object.__setattr__(self, "flag", Flag(self.flag))

    @property
    def standing(self) -> Flag:
        """The source's flag; without one, on which side of its range the value lies."""
        if self.flag is not Flag.NONE or self.value is None:
            return self.flag
        return beside(self.value, self.low, self.high)

    def to_bytes(self) -> bytes:
        """Compact JSON with a version; empty fields are left out, half a character becomes ``?``."""
        known: dict[str, Any] = {"v": _VERSION}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == "":
                continue
            known[field.name] = value.isoformat() if isinstance(value, datetime) else str(value)
        return json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")

    @classmethod
    def from_bytes(cls, data: bytes) -> Header:
        """Read what :meth:`to_bytes` wrote, padded or not.

        Raises:
            ValueError: the bytes are no header, or of a version this code does not know. The
                message quotes nothing of them.
        """
        try:
            known = json.loads(data)
            if known.pop("v") != _VERSION:
                raise ValueError
            if "date" in known:
                known["date"] = datetime.fromisoformat(known["date"])
            for name in _NUMBERS:
                if name in known:
                    known[name] = Decimal(known[name])
            return cls(**{"title": "", **known})
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
            raise ValueError(f"sealed header: expected one of version {_VERSION}") from None
