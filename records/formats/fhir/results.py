"""The value of an Observation: a number with its range and flag, or words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from records.formats.fhir.elements import (
    Node,
    concept_label,
    concept_text,
    item,
    items,
    number,
    quantity,
    quantity_text,
    range_text,
    readable,
    string,
    strings,
)
from records.headers import Flag

# http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation, and older spellings still met.
_INTERPRETATIONS = {
    "N": Flag.NORMAL,
    "L": Flag.LOW,
    "LU": Flag.VERY_LOW,
    "LL": Flag.VERY_LOW,
    "H": Flag.HIGH,
    "HU": Flag.VERY_HIGH,
    "HH": Flag.VERY_HIGH,
    "A": Flag.ABNORMAL,
    "AA": Flag.ABNORMAL,
    "<": Flag.LOW,
    ">": Flag.HIGH,
}


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """One measured thing; ``text`` is empty when ``value`` says it all, and both are empty when there is nothing."""

    value: Decimal | None = None
    text: str = ""
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    range: str = ""
    flag: Flag = Flag.NONE

    @property
    def printed(self) -> str:
        """Value and unit in one line."""
        if self.text or self.value is None:
            return " ".join(part for part in (self.text, self.unit) if part)
        return " ".join(part for part in (f"{self.value:f}", self.unit) if part)


def result_of(observation: Node) -> Result:
    """The result of an Observation or of one of its components."""
    bounds = _normal_range(observation)
    low, high = (_bound(bounds, "low"), _bound(bounds, "high")) if bounds else (None, None)
    found = quantity(item(observation, "valueQuantity"))
    if found is not None:
        exact = readable(found.value)
        flag = _said(observation) or _judged(found.value, low, high, found.comparator)
        text = f"{found.comparator} {exact:f}" if found.comparator else ""
        value = None if found.comparator else exact
        return Result(value, text, found.unit, low, high, range_text(bounds) if bounds else "", flag)
    if pressure := _components_text(observation):
        return Result(text=pressure[0], unit=pressure[1], flag=_said(observation))
    return Result(
        text=_words(observation),
        low=low,
        high=high,
        range=range_text(bounds) if bounds else "",
        flag=_said(observation),
    )


def _bound(bounds: Node, end: str) -> Decimal | None:
    found = number(item(bounds, end), "value")
    return None if found is None else readable(found)


def _normal_range(observation: Node) -> Node | None:
    """The reference range meant for healthy people: the one typed normal, else the first."""
    ranges = items(observation, "referenceRange")
    for candidate in ranges:
        if any(string(coding, "code") == "normal" for coding in items(item(candidate, "type"), "coding")):
            return candidate
    return ranges[0] if ranges else None


def _said(observation: Node) -> Flag:
    """The flag that the laboratory wrote."""
    for concept in items(observation, "interpretation"):
        for coding in items(concept, "coding"):
            if flag := _INTERPRETATIONS.get(string(coding, "code").upper()):
                return flag
        if flag := _INTERPRETATIONS.get(string(concept, "text").upper()):
            return flag
    return Flag.NONE


def _judged(value: Decimal, low: Decimal | None, high: Decimal | None, comparator: str) -> Flag:
    """The flag that the range gives when the laboratory wrote none; nothing when the value is not one number."""
    if comparator or (low is None and high is None):
        return Flag.NONE
    if low is not None and value < low:
        return Flag.LOW
    if high is not None and value > high:
        return Flag.HIGH
    return Flag.NORMAL


def _components_text(observation: Node) -> tuple[str, str] | None:
    """Several numbers as one text (``120/80``) when they share a unit; systolic pressure first."""
    parts = [(component, quantity(item(component, "valueQuantity"))) for component in items(observation, "component")]
    numbers = [(component, found) for component, found in parts if found is not None]
    units = {found.unit for _component, found in numbers}
    if not 2 <= len(numbers) <= 3 or len(units) != 1:
        return None
    numbers.sort(key=lambda pair: any(string(c, "code") != "8480-6" for c in items(item(pair[0], "code"), "coding")))
    unit = units.pop()
    # Nobody reads a pressure finer than one millimetre.
    places = [str(round(found.value)) if unit == "mmHg" else f"{readable(found.value):f}" for _part, found in numbers]
    return "/".join(places), unit


def _words(observation: Node) -> str:
    """A value that is not a quantity, in words."""
    if text := concept_text(item(observation, "valueCodeableConcept")):
        return text
    for key in ("valueString", "valueDateTime", "valueTime"):
        if text := string(observation, key):
            return text
    whole = number(observation, "valueInteger")
    if whole is not None:
        return f"{whole:f}"
    if isinstance(observation.get("valueBoolean"), bool):
        return "✓" if observation["valueBoolean"] else "✗"
    if text := range_text(item(observation, "valueRange")):
        return text
    ratio = item(observation, "valueRatio")
    ends = [quantity_text(item(ratio, end)) for end in ("numerator", "denominator")]
    if all(ends):
        return " / ".join(ends)
    return concept_label(item(observation, "dataAbsentReason")) or "; ".join(strings(observation, "valueSampledData"))
