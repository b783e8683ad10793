"""What must not be found: every name, date, number, address, condition and drug of the given FHIR bundles.

Reads the bundles with the standard library alone, so that a fault of the importer cannot hide from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_SHORT_NAME = 4
_LONG_WORD = 8
# Words of conditions and drugs that PostgreSQL's own files and the names of our tables use too.
_EVERYDAY = {
    *("education", "employment", "environment", "extended", "finding", "injection", "received", "reports", "situation"),
    *("solution", "transportation", "variation", "history", "disorder", "localized", "primary"),
}
_FRENCH_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


@dataclass(frozen=True)
class Needle:
    """One text that must not be found, and what it is."""

    kind: str
    text: str


def needles_in(paths: Iterable[Path]) -> list[Needle]:
    """Every needle of these bundles, each once, longest first."""
    found: set[Needle] = set()
    for path in paths:
        bundle = json.loads(path.read_text(encoding="utf-8-sig"))
        for entry in bundle["entry"]:
            found.update(_of_resource(entry["resource"]))
    return sorted(found, key=lambda needle: (-len(needle.text), needle.text))


def of_person(family: str, given: str, born: date) -> Iterator[Needle]:
    """Needles of one person known by name and birth date: a name shorter than four letters counts beside the other."""
    for name in (family, given):
        if len(name) >= _SHORT_NAME:
            yield Needle("name", name)
    yield Needle("name", f"{given} {family}")
    yield Needle("name", f"{family} {given}")
    yield from of_birth(born)


def of_birth(born: date) -> Iterator[Needle]:
    """The ways in which a birth date is written."""
    for text in (
        born.isoformat(),
        born.strftime("%d/%m/%Y"),
        born.strftime("%Y%m%d"),
        f"{born.day} {_FRENCH_MONTHS[born.month - 1]} {born.year}",
    ):
        yield Needle("birth date", text)


def _of_resource(resource: dict) -> Iterator[Needle]:
    kind = resource["resourceType"]
    if kind == "Patient":
        yield from _of_patient(resource)
    elif kind == "Condition":
        yield from _of_concept("condition", resource.get("code", {}), words=True)
    elif kind.startswith("Medication"):
        yield from _of_concept("drug", resource.get("medicationCodeableConcept", {}), words=True)
        yield from _of_concept("drug", resource.get("code", {}), words=True)
    elif kind in ("AllergyIntolerance", "Immunization", "Procedure"):
        yield from _of_concept(kind.lower(), resource.get("code") or resource.get("vaccineCode") or {}, words=False)


def _of_patient(resource: dict) -> Iterator[Needle]:
    born = date.fromisoformat(resource["birthDate"])
    for name in resource["name"]:
        for given in name.get("given", []):
            yield from of_person(name["family"], given, born)
    for identifier in resource.get("identifier", []):
        if len(identifier["value"]) > _SHORT_NAME:
            yield Needle("identifier", identifier["value"])
    for telecom in resource.get("telecom", []):
        yield Needle("telecom", telecom["value"])
    for address in resource.get("address", []):
        yield from (Needle("address", line) for line in address.get("line", []))


def _of_concept(kind: str, concept: dict, *, words: bool) -> Iterator[Needle]:
    """The names of a concept and, of conditions and drugs, each long word that is not one of everyday English."""
    texts = {concept.get("text")} | {coding.get("display") for coding in concept.get("coding", [])}
    for text in filter(None, texts):
        if len(text) >= _LONG_WORD:
            yield Needle(kind, text)
        for word in re.findall(r"[^\W\d_]+", text) if words else ():
            if len(word) >= _LONG_WORD and word.lower() not in _EVERYDAY:
                yield Needle(kind, word)
