"""The small data types of FHIR R4 (https://hl7.org/fhir/R4/datatypes.html), read with tolerance.

A file is written by strangers: a field may be missing, of the wrong shape or absurd. Every function
here answers with an empty value instead of failing, and none changes what it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

Node = Mapping[str, Any]

EMPTY: Node = {}
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"

# A title is a line, not a chapter; beyond this the body has the rest.
_LINE = 300
# A number written with a million zeros would be a million letters on every page that lists it.
_DIGITS = 64
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# SNOMED CT ends its full names with the kind of thing, which no reader asked for.
_SEMANTIC_TAG = re.compile(
    r" \((?:disorder|finding|procedure|situation|substance|organism|event|regime/therapy|physical object|environment"
    r"|record artifact|person|observable entity)\)$"
)
_PARTIAL = re.compile(r"\d{4}(-\d{2})?")
# A context of its own: rounding must not depend on what another thread set.
_READABLE = Context(prec=4, rounding=ROUND_HALF_EVEN)


def items(node: Node, key: str) -> list[Node]:
    """The objects under ``key``, whether it holds one or a list."""
    value = node.get(key)
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list):
        return [member for member in value if isinstance(member, Mapping)]
    return []


def item(node: Node, *keys: str) -> Node:
    """The first object found by walking ``keys``; an empty one when the path breaks."""
    for key in keys:
        found = items(node, key)
        if not found:
            return EMPTY
        node = found[0]
    return node


def line(value: object) -> str:
    """Text of the source on one line, without control or direction marks (they could disguise a name)."""
    if not isinstance(value, str):
        return ""
    return _SPACES.sub(" ", _CONTROL.sub("", value)).strip()[:_LINE]


def string(node: Node, key: str) -> str:
    """The text under ``key`` as one line."""
    return line(node.get(key))


def strings(node: Node, key: str) -> list[str]:
    """The texts of a list under ``key``, empty ones left out."""
    value = node.get(key)
    members = value if isinstance(value, list) else [value]
    return [text for text in map(line, members) if text]


def number(node: Node, key: str) -> Decimal | None:
    """The number under ``key``, exact; ``None`` for anything else and for numbers no measure reaches."""
    value = node.get(key)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    measurable = exact.is_finite() and -30 < exact.adjusted() < 30 and len(exact.as_tuple().digits) <= _DIGITS
    return exact if measurable else None


def readable(value: Decimal) -> Decimal:
    """``value`` as a person reads it: four significant digits when a computer wrote more than six."""
    if len(value.as_tuple().digits) <= 6 or value == value.to_integral_value():
        return value
    rounded = value if abs(value) >= 10_000 else _READABLE.plus(value)
    return rounded.quantize(Decimal(1)) if abs(value) >= 10_000 else rounded


def codings(concept: Node) -> list[Node]:
    """The codings of a CodeableConcept; a bare Coding counts as one."""
    found = items(concept, "coding")
    if not found and any(isinstance(concept.get(key), str) for key in ("code", "display")):
        return [concept]
    return found


def codes(concept: Node) -> Iterator[tuple[str, str]]:
    """Pairs (system, code) of a CodeableConcept."""
    for coding in codings(concept):
        if code := string(coding, "code"):
            yield string(coding, "system"), code


def concept_text(concept: Node) -> str:
    """What a CodeableConcept is called: its text, a display, or at worst its code."""
    return concept_label(concept) or next((code for _system, code in codes(concept)), "")


def concept_label(concept: Node) -> str:
    """What a CodeableConcept is called in words, empty when it is a bare code."""
    candidates = (string(concept, "text"), *(string(coding, "display") for coding in codings(concept)))
    return next((_SEMANTIC_TAG.sub("", text) for text in candidates if text), "")


def concept_words(concept: Node) -> str:
    """Every word of a CodeableConcept, for a search of stems."""
    return " ".join([string(concept, "text"), *(string(coding, "display") for coding in codings(concept))])


def best_code(concept: Node) -> tuple[str, str]:
    """(code, system) that makes two records comparable: LOINC first, then SNOMED CT, then the first."""
    pairs = list(codes(concept))
    for wanted in (LOINC, SNOMED):
        for system, code in pairs:
            if system == wanted:
                return code, system
    return (pairs[0][1], pairs[0][0]) if pairs else ("", "")


def when(text: object) -> date | datetime | str:
    """A FHIR date as precise as given: a datetime, a date, or ``"2004"`` / ``"2004-10"``; empty if unreadable."""
    if not isinstance(text, str):
        return ""
    text = text.strip()
    try:
        if _PARTIAL.fullmatch(text):
            return text if datetime.fromisoformat((text + "-01-01")[:10]) else ""
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""


def instant(text: object) -> datetime | None:
    """The same as one aware moment in UTC, the earliest that the date may mean."""
    value = when(text)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return datetime.fromisoformat((value + "-01-01")[:10]).replace(tzinfo=UTC) if value else None


@dataclass(frozen=True, slots=True, repr=False)
class Quantity:
    """A number with its printed unit and comparator (``"<"``, ``">"``…)."""

    value: Decimal
    unit: str = ""
    comparator: str = ""

    @property
    def text(self) -> str:
        """``< 4 mg/L``: number first, as the source wrote it."""
        return " ".join(part for part in (self.comparator, f"{readable(self.value):f}", self.unit) if part)


_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def printed_unit(unit: str) -> str:
    """A UCUM unit (https://ucum.org) as people print it: ``10*9/L`` as 10⁹/L, ``mm[Hg]`` as mmHg."""
    unit = re.sub(r"\{[^}]*\}", "", unit).replace("mm[Hg]", "mmHg")
    unit = re.sub(r"\b10\*(-?\d+)", lambda power: "10" + power[1].translate(_SUPERSCRIPTS), unit)
    unit = re.sub(r"(?<![A-Za-z])u(?=(?:g|l|L|mol|m)\b)", "µ", unit)
    return {"Cel": "°C", "[degF]": "°F", "kg/m2": "kg/m²", "1": ""}.get(unit, unit)


def quantity(node: Node) -> Quantity | None:
    """A Quantity, Age, Duration or Money; ``None`` without a number."""
    value = number(node, "value")
    if value is None:
        return None
    unit = string(node, "unit") or string(node, "currency") or string(node, "code")
    return Quantity(value, printed_unit(unit), string(node, "comparator"))


def quantity_text(node: Node) -> str:
    """A Quantity in one line, empty without a number."""
    found = quantity(node)
    return found.text if found else ""


def range_text(node: Node) -> str:
    """A Range or a reference range in one line: ``4.0 – 6.0``, ``< 5.2``, ``> 90``."""
    low, high = number(item(node, "low"), "value"), number(item(node, "high"), "value")
    if low is not None and high is not None:
        return f"{readable(low):f} – {readable(high):f}"
    if high is not None:
        return f"≤ {readable(high):f}"
    if low is not None:
        return f"≥ {readable(low):f}"
    return string(node, "text")


def person_name(names: Iterable[Node]) -> str:
    """The name a person goes by: prefix, given, family; the official one first, never an old or maiden one."""
    ranked = sorted(names, key=lambda name: _NAME_ORDER.get(string(name, "use"), 1))
    for name in ranked:
        parts = [
            *strings(name, "prefix"),
            *strings(name, "given")[:1],
            string(name, "family"),
            *strings(name, "suffix"),
        ]
        if full := (" ".join(part for part in parts if part) or string(name, "text")):
            return full
    return ""


_NAME_ORDER = {"official": 0, "usual": 1, "nickname": 3, "maiden": 4, "old": 4, "anonymous": 5}


def address_text(node: Node) -> str:
    """A postal address on one line."""
    if text := string(node, "text"):
        return text
    town = " ".join(part for part in (string(node, "postalCode"), string(node, "city")) if part)
    return ", ".join(part for part in (*strings(node, "line"), town, string(node, "country")) if part)


def first_concept(node: Node, *keys: str) -> Node:
    """The first CodeableConcept with something to say under ``keys``."""
    for key in keys:
        for concept in items(node, key):
            if concept_text(concept):
                return concept
    return EMPTY


def extension(node: Node, ending: str) -> Node:
    """The extension whose address ends with ``ending``."""
    for found in items(node, "extension"):
        if string(found, "url").endswith(ending):
            return found
    return EMPTY
