"""A CDA R2 document as a FHIR R4 bundle: its Patient, a DocumentReference with the file itself, and what is structured.

``read_cda(raw)`` is pure and bounded; it follows nothing outside the file.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from records.formats.cda.entries import MAX_ENTRIES, Around, Entries, document_identifier
from records.formats.cda.header import (
    author_of,
    concept_of,
    identifier_of,
    organisation_of,
    patient_of,
    several_people,
)
from records.formats.cda.narrative import narrative
from records.formats.cda.xml import Element, parse
from records.formats.moments import fhir_date, fhir_instant
from records.formats.parts import SAME_DRAWER, Made, attachment, bundle, coding, concept, is_told, kept, name_of
from records.formats.refusals import Unfit

# What FHIR is called when it is written in XML (https://hl7.org/fhir/R4/xml.html).
_FHIR = "{http://hl7.org/fhir}"
_LABORATORY = frozenset({"11502-2", "18725-2", "96173-0"})
_VACCINATION = frozenset({"11369-6", "87273-9"})
# IHE XD-LAB, FR-CR-BIO.
_XD_LAB = "1.3.6.1.4.1.19376.1.3.3"
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_FORMAT = "urn:oid:1.3.6.1.4.1.19376.1.2.3"


def read_cda(raw: bytes) -> Made:
    """The bundle of the clinical document in ``raw``.

    Raises:
        Unfit: not XML, no clinical document, several, about several people, empty, or with a damaged file inside.
    """
    document = _document(parse(raw))
    if several_people(document):
        raise Unfit("several-people")
    patient = patient_of(document)
    if not is_told(patient):
        raise Unfit("nobody")
    address = f"urn:uuid:{patient['id']}"
    reference = _reference(document, raw, address)
    made = list(islice(_entries(document, reference["id"], address), MAX_ENTRIES + 1))
    if len(made) > MAX_ENTRIES:
        raise Unfit("too-many", most=MAX_ENTRIES)
    return bundle([patient, reference, *made])


def _document(root: Element) -> Element:
    """The ClinicalDocument: the root, or inside a stylesheet that presents it (self-presenting files)."""
    found = list(root.within("ClinicalDocument"))
    if len(found) > 1:
        raise Unfit("two-documents")
    if not found:
        raise Unfit("fhir-xml" if root.name.startswith(_FHIR) else "not-cda")
    return found[0]


def _lasting_name(document: Element, raw: bytes) -> str:
    """What the versions of one document share (``setId``), else its own identifier, else its very bytes."""
    for key in ("setId", "id"):
        if found := identifier_of(document.first(key)):
            return name_of("document", found["system"], found["value"])
    return name_of("document", sha256(raw).hexdigest())


def _reference(document: Element, raw: bytes, patient: str) -> Made:
    """The document itself: what it is, who wrote it, its text, the files inside and the file as it came."""
    title = document.first("title").line
    made = document.first("effectiveTime").get("value")
    event = document.first("documentationOf", "serviceEvent", "effectiveTime")
    facility = document.first("componentOf", "encompassingEncounter", "location", "healthCareFacility")
    confidentiality = document.first("confidentialityCode").get("code")
    body = document.first("component", "structuredBody")
    files = list(_files(document, title))
    text = narrative(body)
    if not body and not files:
        raise Unfit("no-body")
    itself = attachment(raw, "application/xml", "CDA R2") | kept(
        language=document.first("languageCode").get("code"), creation=fhir_date(made)
    )
    form = coding(_FORMAT, "urn:ihe:iti:xds-sd:pdf:2008" if files and not body else "urn:hl7-org:sdwg:ccda")
    authors = [found for element in document.all("author") if (found := author_of(element))]
    signed = author_of(document.first("legalAuthenticator", "assignedEntity"))
    known = {str(author.get("identifier")) for author in authors if "identifier" in author}
    return kept(
        resourceType="DocumentReference",
        id=_lasting_name(document, raw),
        text=text,
        masterIdentifier=document_identifier(document),
        identifier=[found] if (found := identifier_of(document.first("setId"))) else [],
        status="current",
        type=concept_of(document.first("code")),
        subject={"reference": patient},
        date=fhir_instant(made),
        author=authors,
        # Most authors sign what they write: one person is told once.
        authenticator={} if str(signed.get("identifier")) in known else signed,
        custodian=organisation_of(document.first("custodian", "assignedCustodian", "representedCustodianOrganization")),
        description=title,
        securityLabel=[concept(coding(_CONFIDENTIALITY, confidentiality))] if confidentiality else [],
        content=[*({"attachment": file} for file in files), {"attachment": itself, "format": form}],
        context=kept(
            period=kept(
                start=fhir_date(event.first("low").get("value")), end=fhir_date(event.first("high").get("value"))
            ),
            facilityType=concept_of(facility.first("code")),
        ),
    )


def _files(document: Element, title: str) -> Iterator[Made]:
    """The files that the document carries: its whole body, or pictures and papers beside its text."""
    for text in document.all("component", "nonXMLBody", "text"):
        # A reference to an address elsewhere is not followed: the text inside is all there is.
        if made := _file(text, title):
            yield made
    body = document.first("component", "structuredBody")
    for media in body.within("observationMedia"):
        if made := _file(media.first("value"), title):
            yield made


def _file(holder: Element, title: str) -> Made:
    told = holder.text
    if not told.strip():
        return {}
    media = holder.get("mediaType") or "text/plain"
    if holder.get("representation") != "B64":
        return attachment(told.encode(errors="replace"), media, title, "utf-8")
    try:
        raw = b64decode("".join(told.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unfit("embedded") from None
    # A deflated file is kept as what it is: unpacking is where bombs go off.
    return attachment(raw, "application/octet-stream" if holder.get("compression") else media, title)


def _entries(document: Element, name: str, patient: str) -> Iterator[Made]:
    kind = document.first("code").get("code")
    templates = {template.get("root") for template in document.all("templateId")}
    numbers = document_identifier(document)
    source = numbers.get("value", "") if numbers.get("system") == "urn:ietf:rfc:3986" else ""
    author = next((found for element in document.all("author") if (found := author_of(element))), {})
    entries = Entries(
        document=name,
        patient=patient,
        source=source,
        results_are="laboratory" if kind in _LABORATORY or _XD_LAB in templates else "",
        drawer=SAME_DRAWER,
        vaccines=kind in _VACCINATION,
    )
    around = Around(date=fhir_date(document.first("effectiveTime").get("value")), author=author)
    yield from entries.of(document.first("component", "structuredBody"), around)
