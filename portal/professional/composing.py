"""Compose the FHIR R4 resource of a text that a professional deposits (pure).

A ``DocumentReference`` with the text inline (HL7 FHIR R4, 10.3.4): what comes in through a form
looks like what comes in through an import, and is read by the same code.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from consent.categories import Category

_LOINC = "http://loinc.org"
_RPPS = "urn:oid:1.2.250.1.71.4.2.1"

# The LOINC document type usual for a text of each drawer; drawers without one carry the label alone.
_TYPES: dict[Category, tuple[str, str]] = {
    Category.MEDICAL_SUMMARY: ("34133-9", "Summary of episode note"),
    Category.CONSULTATION_REPORT: ("11488-4", "Consult note"),
    Category.HOSPITAL_REPORT: ("18842-5", "Discharge summary"),
    Category.LABORATORY: ("11502-2", "Laboratory report"),
    Category.IMAGING: ("18748-4", "Diagnostic imaging study"),
    Category.PRESCRIPTION: ("57833-6", "Prescription for medication"),
    Category.CARE_PLAN: ("18776-5", "Plan of care note"),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs a deposited text: public facts of the directory."""

    name: str
    rpps: str
    place: str


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    """A text to deposit. Health content: its ``repr`` shows nothing."""

    category: Category
    title: str
    written_on: date
    text: str

    def __repr__(self) -> str:
        return "Note(…)"


def compose(note: Note, signature: Signature, *, written_at: datetime) -> dict[str, Any]:
    """The resource, ready for the reader of headers and for JSON.

    Args:
        note: what was typed.
        signature: the professional, by their public name and number.
        written_at: when the text is deposited (aware).
    """
    attachment = {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode(note.text.encode()).decode(),
        "title": note.title,
        "creation": note.written_on.isoformat(),
    }
    resource: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "final",
        "type": _type_of(note),
        "description": note.title,
        "date": written_at.astimezone(UTC).isoformat(timespec="seconds"),
        "author": [author_of(signature)],
        "content": [{"attachment": attachment}],
        "context": {"period": {"start": note.written_on.isoformat()}},
    }
    if signature.place:
        resource["custodian"] = {"display": signature.place}
    return resource


def _type_of(note: Note) -> dict[str, object]:
    if note.category not in _TYPES:
        return {"text": note.title}
    code, display = _TYPES[note.category]
    return {"coding": [{"system": _LOINC, "code": code, "display": display}], "text": note.title}


def author_of(signature: Signature) -> dict[str, Any]:
    """Who signs, as FHIR refers to them."""
    author: dict[str, Any] = {"type": "Practitioner", "display": signature.name}
    if signature.rpps:
        author["identifier"] = {"system": _RPPS, "value": signature.rpps}
    return author
