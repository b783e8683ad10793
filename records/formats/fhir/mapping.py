"""From a resource to its drawer: ``land(resource, references)``.

Every resource of FHIR R4 either lands in one drawer with a header, or is left out with a sentence:
nothing disappears silently.
"""

from __future__ import annotations

from dataclasses import dataclass

from consent.categories import Category, Tier
from records.formats.fhir.drawers import (
    DELICATE,
    HELD_CLOSE,
    NEVER_MOVED,
    USUAL,
    delicate,
    of_document,
    outright_drawer,
)
from records.formats.fhir.elements import Node, codes, concept_words, item, items, string
from records.formats.fhir.heading import header_of
from records.formats.fhir.kinds import LEFT_OUT, NOT_A_RECORD, UNDESCRIBED_FILE
from records.formats.fhir.references import References
from records.headers import Header


@dataclass(frozen=True, slots=True, repr=False)
class Landed:
    """A resource that lies in a drawer."""

    category: Category
    header: Header

    def __repr__(self) -> str:
        return f"<Landed {self.category}>"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A resource that lies in none; ``reason`` is an English msgid."""

    reason: str


# http://terminology.hl7.org/CodeSystem/v3-ActCode: the classes of a hospital.
_HOSPITAL = frozenset({"IMP", "ACUTE", "NONAC", "EMER", "OBSENC", "SS", "PRENC"})

_OBSERVATION_CATEGORIES = {
    "laboratory": Category.LABORATORY,
    "vital-signs": Category.PREVENTION,
    "vital-sign": Category.PREVENTION,
    "activity": Category.PREVENTION,
    "imaging": Category.IMAGING,
    "social-history": Category.SOCIAL_CARE,
    "survey": Category.CONSULTATION_REPORT,
    "exam": Category.CONSULTATION_REPORT,
    "procedure": Category.CONSULTATION_REPORT,
    "therapy": Category.CONSULTATION_REPORT,
}

# LOINC codes of measurements (https://hl7.org/fhir/R4/observation-vitalsigns.html and habits a patient follows):
# many files give them no category, or file tobacco under social history.
_MEASUREMENT_CODES = """
    85353-1 9279-1 8867-4 2708-6 59408-5 8310-5 8331-1 8302-2 29463-7 39156-5 85354-9 55284-4 8480-6 8462-4 72514-3
    72166-2 8280-0 41950-7 55423-8 3141-9
"""
_MEASUREMENTS = frozenset(_MEASUREMENT_CODES.split())

# http://terminology.hl7.org/CodeSystem/v2-0074: the services that make images.
_IMAGING_SERVICES = frozenset(
    {"RAD", "RUS", "RX", "CT", "NMR", "NMS", "OUS", "VUS", "CUS", "XRC", "MRI", "PF", "LP29684-5"}
)
_GENETIC_SERVICES = frozenset({"GE"})


def land(resource: Node, references: References) -> Landed | LeftOut:
    """Where ``resource`` lies, and its header; or why it lies nowhere."""
    category = category_of(resource, references)
    if isinstance(category, LeftOut):
        return category
    return Landed(category, header_of(resource, references))


def category_of(resource: Node, references: References) -> Category | LeftOut:
    """The drawer of ``resource``; ``references`` is asked about visits, results and reasons it points at."""
    kind = string(resource, "resourceType")
    if kind == "Binary":
        return _of_binary(resource, references)
    if kind not in USUAL:
        return LeftOut(LEFT_OUT.get(kind, NOT_A_RECORD))
    category = _by_type(kind, resource, references)
    if kind in NEVER_MOVED or category in HELD_CLOSE or category in DELICATE:
        return category
    return _moved(resource, references) or category


def is_delicate(category: Category) -> bool:
    """Whether names from this drawer must not be repeated in another."""
    return category in DELICATE or category.tier in (Tier.DELICATE, Tier.PATIENT_ONLY)


def _by_type(kind: str, resource: Node, references: References) -> Category:
    if kind == "Observation":
        return _of_observation(resource)
    if kind == "DiagnosticReport":
        return _of_report(resource)
    if kind == "Encounter":
        return _of_visit(resource)
    if kind == "Procedure":
        return _of_procedure(resource, references)
    if kind in ("DocumentReference", "Composition"):
        return of_document([*items(resource, "type"), *items(resource, "category")]) or USUAL[kind]
    return USUAL[kind]


def _of_observation(resource: Node) -> Category:
    if named := outright_drawer(code for concept in items(resource, "category") for code in codes(concept)):
        return named
    pairs = [code for concept in items(resource, "code") for _system, code in codes(concept)]
    if any(code in _MEASUREMENTS for code in pairs):
        return Category.PREVENTION
    if named := of_document(items(resource, "code")):
        return named
    for concept in items(resource, "category"):
        for _system, code in codes(concept):
            if code in _OBSERVATION_CATEGORIES:
                return _OBSERVATION_CATEGORIES[code]
    return USUAL["Observation"]


def _of_report(resource: Node) -> Category:
    if named := outright_drawer(code for concept in items(resource, "category") for code in codes(concept)):
        return named
    services = {code for concept in items(resource, "category") for _system, code in codes(concept)}
    if services & _GENETIC_SERVICES:
        return Category.GENETICS
    if named := of_document(items(resource, "code")):
        return named
    if services & _IMAGING_SERVICES or items(resource, "imagingStudy"):
        return Category.IMAGING
    return USUAL["DiagnosticReport"] if services or items(resource, "result") else Category.CONSULTATION_REPORT


def _of_visit(resource: Node) -> Category:
    return (
        Category.HOSPITAL_REPORT
        if string(item(resource, "class"), "code") in _HOSPITAL
        else Category.CONSULTATION_REPORT
    )


def _of_procedure(resource: Node, references: References) -> Category:
    words = concept_words(item(resource, "code")).casefold()
    service = {code for concept in items(resource, "category") for _system, code in codes(concept)}
    # 363679005: imaging (SNOMED CT).
    if "363679005" in service or any(
        stem in words for stem in ("x-ray", "radiograph", "scanner", "ultraso", "échograph")
    ):
        return Category.IMAGING
    visit = references.resolve(item(resource, "encounter"), resource)
    return _of_visit(visit) if visit is not None else USUAL["Procedure"]


def _of_binary(resource: Node, references: References) -> Category | LeftOut:
    """A file lies beside the document that describes it."""
    document = references.described_by(resource)
    return category_of(document, references) if document is not None else LeftOut(UNDESCRIBED_FILE)


# What a resource says of itself, and why it was made.
_OWN = ("code", "type", "serviceType", "specialty", "category", "procedureCode", "description", "scope")
_REASONS = ("reasonCode", "reason", "indication")


def _moved(resource: Node, references: References) -> Category | None:
    """The delicate drawer that the resource, its reason, its results or its visit call for."""
    kind = string(resource, "resourceType")
    own = [concept for key in _OWN for concept in items(resource, key)]
    texts = [string(resource, "description"), string(resource, "title"), *_attachment_titles(resource)]
    if found := delicate(own, *texts):
        return found
    reasons = [concept for key in _REASONS for concept in items(resource, key)]
    for key in ("reasonReference", "addresses", "problem", "indicationReference"):
        for reference in items(resource, key):
            target = references.resolve(reference, resource)
            if target is not None:
                reasons += items(target, "code")
    if found := delicate(reasons):
        return found
    if kind == "DiagnosticReport":
        return _of_results(resource, references)
    if kind in ("Procedure", "DocumentReference", "Composition"):
        return _of_its_visit(resource, references)
    return None


def _attachment_titles(resource: Node) -> list[str]:
    return [string(item(content, "attachment"), "title") for content in items(resource, "content")]


def _of_results(report: Node, references: References) -> Category | None:
    """A report lies no more openly than the most delicate of its results: it repeats them."""
    for reference in items(report, "result"):
        target = references.resolve(reference, report)
        own = items(target, "code") if target is not None else []
        if found := delicate(own, string(reference, "display")):
            return found
    return None


def _of_its_visit(resource: Node, references: References) -> Category | None:
    """What was done or written at a prenatal visit lies with it."""
    for reference in (*items(resource, "encounter"), *items(item(resource, "context"), "encounter")):
        visit = references.resolve(reference, resource)
        if visit is not None and string(visit, "resourceType") == "Encounter":
            found = delicate(
                [concept for key in ("type", "serviceType", "reasonCode") for concept in items(visit, key)]
            )
            if found:
                return found
    return None
