"""One OBX as an Observation (HL7 v2.5.1, 7.4.2): value, unit, range, interpretation, status."""

from __future__ import annotations

import re

from records.formats.hl7v2.message import Segment, at
from records.formats.moments import fhir_date
from records.formats.parts import (
    INTERPRETATION,
    UCUM,
    Made,
    absent,
    coding,
    concept,
    exact,
    kept,
    quantity,
    system_of,
)

# Table 0085. What is not known yet is "registered": a place kept for a result that is to come.
STATUSES = {
    "F": "final",
    "U": "final",
    "V": "final",
    "P": "preliminary",
    "R": "preliminary",
    "S": "preliminary",
    "B": "preliminary",
    "C": "corrected",
    "A": "amended",
    "I": "registered",
    "N": "registered",
    "O": "registered",
    "X": "cancelled",
    "D": "entered-in-error",
    "W": "entered-in-error",
}
_SYSTEMS = {
    "LN": "http://loinc.org",
    "SCT": "http://snomed.info/sct",
    "SNM": "http://snomed.info/sct",
    "UCUM": UCUM,
    "I10": "http://hl7.org/fhir/sid/icd-10",
}
_COMPARATORS = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_NUMBER = r"[+-]?\d{1,20}(?:[.,]\d{1,20})?"
# 12,0-16,0 · 4.3 to 6.2 · 70_105 · 12 à 16
_BETWEEN = re.compile(rf"\[?\s*({_NUMBER})\s*(?:-|–|_|to|à|a|;)\s*({_NUMBER})\s*\]?", re.IGNORECASE)
_BELOW = re.compile(rf"(?:<=?|≤|inf(?:érieur)?\.?\s*(?:à|a)?)\s*({_NUMBER})", re.IGNORECASE)
_ABOVE = re.compile(rf"(?:>=?|≥|sup(?:érieur)?\.?\s*(?:à|a)?)\s*({_NUMBER})", re.IGNORECASE)


def result_fields(obx: Segment) -> Made:
    """Every field of the Observation that the OBX itself tells."""
    unit = obx.parts(6)
    status = STATUSES.get(obx.part(11).upper(), "final")
    return {
        "status": status,
        "code": coded(obx, 3) or {"text": "?"},
        **kept(effectiveDateTime=fhir_date(obx.part(14)), method=coded(obx, 17)),
        **_value(obx, at(unit, 1) or at(unit, 2), "" if status == "registered" else "unknown"),
        **kept(
            interpretation=[
                concept(coding(INTERPRETATION, at(obx.cut(one), 1), at(obx.cut(one), 2))) for one in obx.times(8)
            ],
            referenceRange=_range(obx, at(unit, 1) or at(unit, 2)),
        ),
    }


def coded(segment: Segment, place: int) -> Made:
    """A CE, CWE or CNE: two codes and the words of whoever wrote it."""
    return _concept(segment.parts(place))


def _concept(parts: list[str]) -> Made:
    codings = [
        coding(_system(at(parts, place + 2), at(parts, oid)), at(parts, place), at(parts, place + 1))
        for place, oid in ((1, 14), (4, 17))
    ]
    return concept(*codings, text=at(parts, 9) or at(parts, 2) or at(parts, 5))


def _system(name: str, oid: str) -> str:
    return _SYSTEMS.get(name.upper()) or system_of(oid)


def _value(obx: Segment, unit: str, why_absent: str) -> Made:
    kind, raw = obx.part(2).upper(), obx.times(5)
    if not raw:
        return {"dataAbsentReason": absent(why_absent or "temp-unknown")}
    if kind == "NM" and (found := exact(obx.plain(raw[0]))) is not None:
        return {"valueQuantity": _quantity(obx, found, unit)}
    if kind == "SN" and (made := _structured(obx, unit)):
        return made
    if kind in ("CE", "CWE", "CNE", "CF") and (choice := _concept(obx.cut(raw[0]))):
        return {"valueCodeableConcept": choice}
    if kind in ("DT", "TS", "DTM") and (moment := fhir_date(obx.plain(raw[0]))):
        return {"valueDateTime": moment}
    if kind in ("ED", "RP"):
        return {"dataAbsentReason": absent("as-text")}
    told = "\n".join(text for text in obx.texts(5) if text)
    return {"valueString": told} if told else {"dataAbsentReason": absent(why_absent or "temp-unknown")}


def _quantity(obx: Segment, value: object, unit: str, comparator: str = "") -> Made:
    system = UCUM if at(obx.parts(6), 3).upper() == "UCUM" else ""
    found = exact(str(value))
    if found is None:
        raise AssertionError("a number of the patterns above: expected digits, found none")
    return quantity(found, unit, system, comparator)


def _structured(obx: Segment, unit: str) -> Made:
    """An SN: ``^182``, ``>^90``, ``^10^-^20``, ``^1^:^128``."""
    sign, first, between, second = (at(obx.parts(5), place) for place in (1, 2, 3, 4))
    low, high = exact(first), exact(second)
    if low is None:
        return {}
    if high is None:
        return {"valueQuantity": _quantity(obx, low, unit, _COMPARATORS.get(sign, ""))} if not between else {}
    ends = [_quantity(obx, end, unit) for end in (low, high)]
    if between == "-":
        return {"valueRange": {"low": ends[0], "high": ends[1]}}
    if between in (":", "/"):
        return {"valueRatio": {"numerator": ends[0], "denominator": ends[1]}}
    return {}


def _range(obx: Segment, unit: str) -> list[Made]:
    """OBX-7 as ends when it can be read, always with the words of the laboratory."""
    told = obx.plain(obx.raw(7)).replace("\n", " ")
    if not told:
        return []
    made: Made = {}
    if found := _BETWEEN.fullmatch(told):
        made = {"low": _quantity(obx, found[1], unit), "high": _quantity(obx, found[2], unit)}
        if made["low"]["value"] > made["high"]["value"]:
            made = {}
    elif found := _BELOW.fullmatch(told):
        made = {"high": _quantity(obx, found[1], unit)}
    elif found := _ABOVE.fullmatch(told):
        made = {"low": _quantity(obx, found[1], unit)}
    return [{**made, "text": told}]
