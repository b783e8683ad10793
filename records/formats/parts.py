"""Small FHIR R4 parts that the readers of CDA and HL7 v2 make alike."""

from __future__ import annotations

import re
from base64 import b64encode
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

Made = dict[str, Any]

# Names of the resources made from a document: the same document gives the same names the next time it comes.
OURS = UUID("5c1f5a0e-6c0f-4d0e-9a55-0b1c6a3d2e71")

_SYSTEMS = {
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.8": "http://unitsofmeasure.org",
    "2.16.840.1.113883.6.73": "http://www.whocc.no/atc",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "2.16.840.1.113883.12.292": "http://hl7.org/fhir/sid/cvx",
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
}
UCUM = "http://unitsofmeasure.org"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

# Said of a result that lies in the drawer of its document; whoever files it puts the drawer in its place.
SAME_DRAWER = {"system": "urn:carnet:drawer", "code": "as-its-document"}

_OID = re.compile(r"[0-2](\.(0|[1-9]\d{0,63})){1,40}")
# Digits enough for any measure, and few enough that nobody prints a million zeros.
_NUMBER = re.compile(r"[+-]?\d{1,28}(?:[.,]\d{1,28})?(?:[eE][+-]?\d{1,2})?")
_MEDIA = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


def name_of(*parts: str) -> str:
    """A UUID that depends on ``parts`` alone (RFC 9562, version 5)."""
    return str(uuid5(OURS, "\x1f".join(parts)))


def system_of(oid: str) -> str:
    """The URI of a code system or of a register given by its OID; empty when it is no OID."""
    return _SYSTEMS.get(oid) or (f"urn:oid:{oid}" if _OID.fullmatch(oid) else "")


def kept(**fields: Any) -> Made:
    """An object without its empty fields: FHIR forbids them."""
    return {key: value for key, value in fields.items() if value not in ("", None, [], {})}


def coding(system: str, code: str, display: str = "") -> Made:
    """A Coding, without what is empty."""
    return kept(system=system if code else "", code=code, display=display)


def concept(*codings: Made, text: str = "") -> Made:
    """A CodeableConcept, empty when nothing is known."""
    return kept(coding=[one for one in codings if one], text=text)


def identifier(system: str, value: str) -> Made:
    """An Identifier, empty without a value."""
    return kept(system=system, value=value) if value else {}


def exact(text: str) -> Decimal | None:
    """The number written in ``text``, with a point or a French comma; ``None`` when it is none."""
    bare = text.strip()
    return Decimal(bare.replace(",", ".")) if _NUMBER.fullmatch(bare) else None


def quantity(value: Decimal, unit: str, system: str = UCUM, comparator: str = "") -> Made:
    """A Quantity; ``unit`` is the code as it came, which pages print as people write it."""
    return kept(comparator=comparator) | {"value": value} | kept(unit=unit, system=system if unit else "", code=unit)


def absent(code: str = "unknown") -> Made:
    """Why there is no value (https://hl7.org/fhir/R4/valueset-data-absent-reason.html)."""
    return concept(coding(ABSENT, code))


def attachment(raw: bytes, media: str, title: str, charset: str = "") -> Made:
    """An Attachment of these very bytes."""
    kind = media.strip().lower()
    kind = kind if _MEDIA.fullmatch(kind) else "application/octet-stream"
    return kept(
        contentType=f"{kind}; charset={charset}" if charset else kind,
        data=b64encode(raw).decode(),
        size=len(raw),
        title=title,
    )


def bundle(resources: list[Made]) -> Made:
    """A FHIR R4 bundle of resources that carry their names."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources],
    }


def is_told(patient: Made) -> bool:
    """Whether a Patient says who it is: a name or a birth date, to compare with those of a dossier."""
    return bool(patient.get("name") or patient.get("birthDate"))
