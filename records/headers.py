"""What a list, a search or a curve may know of a record: its header.

A header is plaintext. It is sealed beside the body, opened inside a door, and lives no longer than
one page. Its ``repr`` says nothing, so that no log or traceback can carry a clinical word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext_noop as _


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
        value: a single numeric value, exact.
        value_text: the value in words when it is not one number (``"120/80"``, ``"positive"``).
        unit: printed unit of ``value``, ``low`` and ``high``.
        low: lower end of the reference range.
        high: upper end of the reference range.
        flag: a :class:`Flag`.
        status: FHIR status code of the resource.
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
