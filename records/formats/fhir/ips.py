"""The International Patient Summary as a FHIR R4 document (HL7 FHIR IPS implementation guide 1.1; ISO 27269).

A Composition comes first and names everything that follows it. Allergies, problems and medicines are always there:
where nothing is known, a coded *no information* says so, because an empty section would read as "none". Unlike a
copy, a summary is written anew: a reference that leads out of it keeps its name and loses its address.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from records.formats.fhir.came import PERSON, Came
from records.formats.fhir.elements import LOINC
from records.formats.fhir.leaving import patient_of
from records.formats.parts import Made, coding, concept
from records.headers import Header
from records.people import Identity

_GUIDE = "http://hl7.org/fhir/uv/ips"
_NOTHING_KNOWN = f"{_GUIDE}/CodeSystem/absent-unknown-uv-ips"
_XHTML = "http://www.w3.org/1999/xhtml"
_CLINICAL = "http://terminology.hl7.org/CodeSystem"
_ABSENT_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_URI = "urn:ietf:rfc:3986"

CODES = {
    "allergies": ("48765-2", "Allergies and adverse reactions Document"),
    "problems": ("11450-4", "Problem list - Reported"),
    "treatments": ("10160-0", "History of Medication use Narrative"),
    "vaccinations": ("11369-6", "History of Immunization Narrative"),
    "procedures": ("47519-4", "History of Procedures Document"),
    "devices": ("46264-8", "History of medical device use"),
    "results": ("30954-2", "Relevant diagnostic tests/laboratory data Narrative"),
    "directives": ("42348-3", "Advance directives"),
}
"""The sections of the document in their order, with the code (LOINC) of each; the first three are never left out."""

REQUIRED = ("allergies", "problems", "treatments")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Entry:
    """One thing that the summary tells: its resource as it came, its header, the names of what it points at."""

    record_id: UUID
    header: Header
    resource: dict[str, Any]
    came: Came
    names: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "<Entry>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Part:
    """One section as people read it: its title, a line for each entry (what, details, when), or what to say of none."""

    title: str
    lines: tuple[tuple[str, str, str], ...]
    nothing: str

    def __repr__(self) -> str:
        return "<Part>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Frame:
    """What a summary says of itself: its number, whose it is, when, in which language, and its title."""

    number: UUID
    dossier_id: UUID
    identity: Identity
    at: datetime
    language: str
    title: str

    def __repr__(self) -> str:
        return "<Frame>"


def document(frame: Frame, chosen: Mapping[str, tuple[Entry, ...]], parts: Mapping[str, Part]) -> Made:
    """The Bundle of a summary.

    Args:
        chosen: what each section holds, by the names of :data:`CODES`.
        parts: each section as people read it, under the same names.
    """
    writer = _Document(frame, [entry for section in CODES for entry in chosen.get(section, ())])
    sections = [
        writer.section(name, chosen.get(name, ()), parts[name])
        for name in CODES
        if name in REQUIRED or chosen.get(name)
    ]
    return writer.bundle(sections)


class _Document:
    """One document while it is written."""

    def __init__(self, frame: Frame, entries: list[Entry]) -> None:
        self._frame = frame
        self._person = self._url("person")
        self._device = self._url("device")
        self._written: dict[str, dict[str, Any]] = {}
        self._addresses = {entry.came.address: self._url(entry.record_id) for entry in entries if entry.came.address}
        for entry in entries:
            for address, _resource in entry.came.alongside:
                self._addresses.setdefault(address, self._url(address))

    def section(self, name: str, entries: tuple[Entry, ...], part: Part) -> Made:
        """One section of the Composition; its entries are written on the way."""
        code, display = CODES[name]
        told = [self._entry(name, entry) for entry in entries] or [self._nothing_known(name)]
        return {
            "title": part.title,
            "code": {"coding": [coding(LOINC, code, display)]},
            "text": {"status": "generated", "div": self._narrative(part)},
            "entry": [{"reference": address} for address in told],
        }

    def bundle(self, sections: list[Made]) -> Made:
        """The whole document: Composition, Patient, author, then what the sections name."""
        frame = self._frame
        at = frame.at.isoformat(timespec="seconds")
        composition = {
            "resourceType": "Composition",
            "id": str(uuid5(frame.number, "composition")),
            "meta": {"profile": [f"{_GUIDE}/StructureDefinition/Composition-uv-ips"]},
            "language": frame.language,
            "text": {"status": "generated", "div": self._div(f"<p>{html.escape(frame.title)}</p>")},
            "status": "final",
            "type": {"coding": [coding(LOINC, "60591-5", "Patient summary Document")]},
            "subject": {"reference": self._person},
            "date": at,
            "author": [{"reference": self._device}],
            "title": frame.title,
            "confidentiality": "N",
            "section": sections,
        }
        person = patient_of(frame.identity, frame.dossier_id) | {"id": self._person.removeprefix("urn:uuid:")}
        device = {
            "resourceType": "Device",
            "id": self._device.removeprefix("urn:uuid:"),
            "deviceName": [{"name": "Carnet", "type": "user-friendly-name"}],
            "type": {"text": "Carnet"},
        }
        first = [(self._url("composition"), composition), (self._person, person), (self._device, device)]
        return {
            "resourceType": "Bundle",
            "id": str(frame.number),
            "meta": {"profile": [f"{_GUIDE}/StructureDefinition/Bundle-uv-ips"]},
            "language": frame.language,
            "identifier": {"system": _URI, "value": f"urn:uuid:{frame.number}"},
            "type": "document",
            "timestamp": at,
            "entry": [
                {"fullUrl": address, "resource": resource} for address, resource in [*first, *self._written.items()]
            ],
        }

    def _entry(self, section: str, entry: Entry) -> str:
        """The address of an entry in the document, written with what it needs."""
        address = self._url(entry.record_id)
        resource = self._closed(entry.resource, entry)
        for whole in ("subject", "patient"):
            if whole in resource:
                resource[whole] = {"reference": self._person}
        self._written[address] = resource
        for url, each in entry.came.alongside:
            self._written.setdefault(self._addresses[url], self._closed(each, entry))
        if section == "devices" and resource["resourceType"] == "Device":
            return self._use_of(address, entry)
        return address

    def _use_of(self, device: str, entry: Entry) -> str:
        """A device is told of by its use (IPS, DeviceUseStatement)."""
        day = entry.header.date
        timing = {"timingDateTime": day.date().isoformat()} if day else {"_timingDateTime": _unknown()}
        return self._made(
            f"use of {entry.record_id}",
            {
                "resourceType": "DeviceUseStatement",
                "status": "active",
                "subject": {"reference": self._person},
                **timing,
                "device": {"reference": device},
            },
        )

    def _nothing_known(self, section: str) -> str:
        """Says that nothing is known, which is not that there is nothing."""
        person = {"reference": self._person}
        if section == "allergies":
            status = concept(coding(f"{_CLINICAL}/allergyintolerance-clinical", "active"))
            told = concept(coding(_NOTHING_KNOWN, "no-allergy-info", "No information about allergies"))
            made = {"resourceType": "AllergyIntolerance", "clinicalStatus": status, "code": told, "patient": person}
        elif section == "problems":
            status = concept(coding(f"{_CLINICAL}/condition-clinical", "active"))
            told = concept(coding(_NOTHING_KNOWN, "no-problem-info", "No information about problems"))
            made = {"resourceType": "Condition", "clinicalStatus": status, "code": told, "subject": person}
        else:
            told = concept(coding(_NOTHING_KNOWN, "no-medication-info", "No information about medications"))
            made = {
                "resourceType": "MedicationStatement",
                "status": "unknown",
                "medicationCodeableConcept": told,
                "subject": person,
                "_effectiveDateTime": _unknown(),
            }
        return self._made(f"nothing known of {section}", made)

    def _made(self, name: str, resource: Made) -> str:
        address = self._url(name)
        kind = resource.pop("resourceType")
        self._written[address] = {"resourceType": kind, "id": address.removeprefix("urn:uuid:"), **resource}
        return address

    def _closed(self, node: Any, entry: Entry) -> Any:
        """``node`` with the addresses of this document, and a name where something is not in it."""
        if isinstance(node, list):
            return [self._closed(each, entry) for each in node]
        if not isinstance(node, dict):
            return node
        made = {key: self._closed(value, entry) for key, value in node.items()}
        told = node.get("reference")
        if isinstance(told, str) and not told.startswith("#"):
            made |= self._pointer(told, entry, made)
            made = {key: value for key, value in made.items() if value is not None}
        return made

    def _pointer(self, told: str, entry: Entry, node: dict[str, Any]) -> dict[str, Any]:
        if told == PERSON:
            return {"reference": self._person}
        for address in _meant(told, entry.came.address):
            if address in self._addresses:
                return {"reference": self._addresses[address]}
        # A reference says something, or it is none: an identifier, a name, or that the name is missing.
        if name := node.get("display") or entry.names.get(told, ""):
            return {"reference": None, "display": name}
        return {"reference": None} if "identifier" in node else {"reference": None, "display": "?"}

    def _narrative(self, part: Part) -> str:
        if not part.lines:
            return self._div(f"<p>{html.escape(part.nothing)}</p>")
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell, quote=False)}</td>" for cell in cells) + "</tr>"
            for cells in part.lines
        )
        return self._div(f"<table><tbody>{rows}</tbody></table>")

    def _div(self, inner: str) -> str:
        language = self._frame.language
        return f'<div xmlns="{_XHTML}" lang="{language}" xml:lang="{language}">{inner}</div>'

    def _url(self, name: object) -> str:
        return f"urn:uuid:{uuid5(self._frame.number, str(name))}"


def _meant(told: str, address: str) -> Iterator[str]:
    """The addresses that a reference may mean, seen from the resource at ``address``."""
    yield told
    base = address.rsplit("/", 2)[0] if address.count("/") > 3 else ""
    if base and "/" in told and ":" not in told:
        yield f"{base}/{told}"
    if told.count("/") == 1:
        yield f"urn:uuid:{told.partition('/')[2]}"


def _unknown() -> Made:
    return {"extension": [{"url": _ABSENT_EXTENSION, "valueCode": "unknown"}]}
