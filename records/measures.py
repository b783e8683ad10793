"""What people measure themselves, as FHIR R4 Observations (pure): kinds, bounds, and the resource of each.

A bound is no judgement: beyond it a number is a slip of the finger or another unit, and would spoil the curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from consent.categories import Category
from records.formats.fhir.drawers import CATEGORY_SYSTEM

LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_KINDS_OF = "http://terminology.hl7.org/CodeSystem/observation-category"


class Part(StrEnum):
    """One number that is typed."""

    WEIGHT = "weight"
    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    PULSE = "pulse"
    GLUCOSE = "glucose"
    STEPS = "steps"


class Kind(StrEnum):
    """One thing that is measured, in the order of a page."""

    WEIGHT = "weight"
    PRESSURE = "pressure"
    PULSE = "pulse"
    GLUCOSE = "glucose"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number is written: LOINC code, printed unit, UCUM code, bounds and decimals (it has no more)."""

    code: str
    unit: str
    ucum: str
    low: Decimal
    high: Decimal
    places: int = 0


SCALES: Mapping[Part, Scale] = {
    Part.WEIGHT: Scale("29463-7", "kg", "kg", Decimal("0.3"), Decimal(400), 1),
    Part.SYSTOLIC: Scale("8480-6", "mmHg", "mm[Hg]", Decimal(50), Decimal(280)),
    Part.DIASTOLIC: Scale("8462-4", "mmHg", "mm[Hg]", Decimal(30), Decimal(180)),
    Part.PULSE: Scale("8867-4", "/min", "/min", Decimal(25), Decimal(250)),
    Part.GLUCOSE: Scale("2339-0", "g/L", "g/L", Decimal("0.2"), Decimal(6), 2),
    Part.STEPS: Scale("41950-7", "/d", "/d", Decimal(0), Decimal(100_000)),
}
# Codes by which others name the same thing, so that a doctor's weight lies on the same curve.
CODES: Mapping[Kind, frozenset[str]] = {
    Kind.WEIGHT: frozenset({"29463-7", "3141-9"}),
    Kind.PRESSURE: frozenset({"85354-9", "55284-4"}),
    Kind.PULSE: frozenset({"8867-4"}),
    Kind.GLUCOSE: frozenset({"2339-0"}),
    Kind.STEPS: frozenset({"41950-7"}),
}
_CATEGORY_OF = {Kind.GLUCOSE: "laboratory", Kind.STEPS: "activity"}


@dataclass(frozen=True, slots=True, repr=False)
class Measured:
    """Numbers of one thing, measured at one moment (aware). Health content: its ``repr`` says nothing."""

    kind: Kind
    at: datetime
    numbers: Mapping[Part, Decimal]

    def __repr__(self) -> str:
        return "<Measured>"

    @property
    def source(self) -> bytes:
        """The same for the same numbers of the same moment: sent twice, they are filed once."""
        told = " ".join(f"{part.value}={number.normalize():f}" for part, number in sorted(self.numbers.items()))
        return f"measured {self.kind.value} {self.at.astimezone(UTC).isoformat()} {told}".encode()


def resource_of(measured: Measured, *, label: str, by: str) -> dict[str, Any]:
    """The Observation (FHIR R4, profiles of vital signs), in the drawer of prevention.

    Args:
        label: what the person calls it, in their language.
        by: who measured, as printed.
    """
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {"coding": [{"system": _KINDS_OF, "code": _CATEGORY_OF.get(measured.kind, "vital-signs")}]},
            {"coding": [{"system": CATEGORY_SYSTEM, "code": Category.PREVENTION.value}]},
        ],
        "effectiveDateTime": measured.at.isoformat(timespec="minutes"),
        "performer": [{"display": by}],
    }
    if measured.kind is Kind.PRESSURE:
        parts = [
            {"code": _concept(SCALES[part].code), "valueQuantity": _quantity(part, measured.numbers[part])}
            for part in (Part.SYSTOLIC, Part.DIASTOLIC)
        ]
        return resource | {"code": _concept("85354-9", label), "component": parts}
    ((part, number),) = measured.numbers.items()
    return resource | {"code": _concept(SCALES[part].code, label), "valueQuantity": _quantity(part, number)}


def _concept(code: str, text: str = "") -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code}], **({"text": text} if text else {})}


def _quantity(part: Part, number: Decimal) -> dict[str, Any]:
    scale = SCALES[part]
    return {"value": number, "unit": scale.unit, "system": _UCUM, "code": scale.ucum}
