"""The value, range and interpretation of a CDA observation as the fields of a FHIR R4 Observation."""

from __future__ import annotations

from records.formats.cda.header import concept_of
from records.formats.cda.xml import Element
from records.formats.parts import INTERPRETATION, Made, absent, coding, concept, exact, kept, quantity

# Kinds of value that are a result. Others (dates, amounts, ticked boxes, files) are facts around one: the text tells
# them.
RESULTS = frozenset({"PQ", "INT", "REAL", "IVL_PQ", "IVL_INT", "ST", "CD", "CE", "CV", "CO"})


def kind_of(value: Element) -> str:
    """The data type of a value (``PQ``), whatever prefix the file writes before it."""
    return value.get("xsi:type").rpartition(":")[2]


def value_of(value: Element) -> Made:
    """``valueQuantity``, ``valueString``… or ``dataAbsentReason``."""
    kind = kind_of(value)
    if kind in ("PQ", "REAL", "INT"):
        made = _number(value)
        return {"valueQuantity": made} if made else {"dataAbsentReason": absent()}
    if kind.startswith("IVL"):
        return _interval(value)
    if kind in ("CD", "CE", "CV", "CO"):
        made = concept_of(value)
        return {"valueCodeableConcept": made} if made else {"dataAbsentReason": absent()}
    return {"valueString": text} if kind == "ST" and (text := value.line) else {"dataAbsentReason": absent()}


def _number(element: Element, comparator: str = "") -> Made:
    found = None if element.get("nullFlavor") else exact(element.get("value"))
    return quantity(found, element.get("unit"), comparator=comparator) if found is not None else {}


def _interval(value: Element) -> Made:
    low, high = value.first("low"), value.first("high")
    ends = kept(low=_number(low), high=_number(high))
    if len(ends) == 2:
        return {"valueRange": ends}
    if "high" in ends:
        return {"valueQuantity": _number(high, "<" if high.get("inclusive") == "false" else "<=")}
    if "low" in ends:
        return {"valueQuantity": _number(low, ">" if low.get("inclusive") == "false" else ">=")}
    return {"dataAbsentReason": absent()}


def interpretations(observation: Element) -> list[Made]:
    """What the laboratory says of the value (L, HH, A…)."""
    return [
        concept(coding(INTERPRETATION, element.get("code"), element.get("displayName")))
        for element in observation.all("interpretationCode")
        if element.get("code")
    ]


def ranges(observation: Element) -> list[Made]:
    """The reference ranges: ends with their units, or words."""
    made: list[Made] = []
    for around in observation.all("referenceRange", "observationRange"):
        value = around.first("value")
        made.append(
            kept(
                low=_number(value.first("low")),
                high=_number(value.first("high")),
                text=around.first("text").line or (value.line if kind_of(value) == "ST" else ""),
            )
        )
    return [one for one in made if one]
