"""The header of a resource: title, date, author, place, code and value, each from where its type keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from records.formats.fhir.dosage import dosage_text
from records.formats.fhir.elements import (
    EMPTY,
    Node,
    best_code,
    concept_label,
    concept_text,
    extension,
    first_concept,
    instant,
    item,
    items,
    line,
    number,
    person_name,
    string,
)
from records.formats.fhir.kinds import KIND_WORDS
from records.formats.fhir.references import References
from records.formats.fhir.results import result_of
from records.headers import Flag, Header

# Where a date may stand, the truest first. A dot descends.
_DATES = (
    "effectiveDateTime",
    "effectivePeriod.start",
    "effectiveInstant",
    "occurrenceDateTime",
    "occurrencePeriod.start",
    "performedDateTime",
    "performedPeriod.start",
    "whenHandedOver",
    "whenPrepared",
    "started",
    "start",
    "requestedPeriod.start",
    "authoredOn",
    "period.start",
    "billablePeriod.start",
    "onsetDateTime",
    "onsetPeriod.start",
    "recordedDate",
    "dateAsserted",
    "dateTime",
    "startDate",
    "statusDate",
    "identifiedDateTime",
    "servicedDate",
    "date",
    "created",
    "issued",
    "sent",
    "authored",
    "lastOccurrence",
    "meta.lastUpdated",
)
_DATES_OF = {
    # An allergy is met once and recorded once; the day it was written down is the one people look for.
    "AllergyIntolerance": ("recordedDate", "onsetDateTime", "lastOccurrence"),
    "ExplanationOfBenefit": ("billablePeriod.start", "item.servicedDate", "created"),
    "Patient": ("meta.lastUpdated",),
}

# Who speaks, the closest to the act first.
AUTHORS = (
    "performer.actor",
    "performer",
    "author",
    "requester",
    "prescriber",
    "recorder",
    "asserter",
    "resultsInterpreter",
    "interpreter",
    "participant.individual",
    "participant.member",
    "participant.actor",
    "provider",
    "informationSource",
    "expressedBy",
    "owner",
    "careManager",
    "insurer",
    "payor",
)
_PLACES = (
    "serviceProvider",
    "custodian",
    "location.location",
    "location",
    "facility",
    "organization",
    "managingOrganization",
)

_CODES = ("code", "vaccineCode", "type", "category", "serviceType")
_TITLES = (
    "code",
    "vaccineCode",
    "medicationCodeableConcept",
    "type",
    "serviceType",
    "appointmentType",
    "procedureCode",
    "category",
    "scope",
    "specialty",
    "reasonCode",
)


def header_of(resource: Node, references: References) -> Header:
    """The header of ``resource``; ``references`` gives the names of people, places and medicines it points at."""
    kind = string(resource, "resourceType")
    code, system = best_code(_coded(kind, resource, references))
    value, text, unit, low, high, flag = _value(kind, resource)
    return Header(
        kind=kind,
        title=title_of(resource, references) or KIND_WORDS.get(kind, kind),
        date=date_of(resource) or _date_around(resource, references),
        author_name=_author(resource, references),
        place=_place(resource, references),
        code=code,
        system=system,
        value=value,
        value_text=text,
        unit=unit,
        low=low,
        high=high,
        flag=flag,
        status=_status(resource),
    )


def date_of(resource: Node) -> datetime | None:
    """When it happened, by the truest date the resource gives."""
    for path in _DATES_OF.get(string(resource, "resourceType"), _DATES):
        *parents, last = path.split(".")
        if moment := instant(item(resource, *parents).get(last)):
            return moment
    return None


def _date_around(resource: Node, references: References) -> datetime | None:
    """The date of the report that lists a result, or of the visit it was made at."""
    for around in _around(resource, references):
        if moment := date_of(around):
            return moment
    return None


def _around(resource: Node, references: References) -> Iterator[Node]:
    """What a resource belongs to, and may leave the date, the author and the place to."""
    report = references.reported_by(resource)
    if report is not None:
        yield report
    visit = references.resolve(item(resource, "encounter"), resource)
    if visit is not None and visit is not resource:
        yield visit


def _coded(kind: str, resource: Node, references: References) -> Node:
    """The CodeableConcept that says what the record is about."""
    if not kind.startswith("Medication"):
        return first_concept(resource, *_CODES)
    if named := items(resource, "medicationCodeableConcept"):
        return named[0]
    medicine = references.resolve(item(resource, "medicationReference"), resource)
    return item(medicine, "code") if medicine is not None else EMPTY


def title_of(resource: Node, references: References) -> str:
    """What the source calls this record, in one line; empty when it gave no name."""
    special = _TITLE_OF.get(string(resource, "resourceType"))
    if special:
        return special(resource, references)
    for key in ("title", "name"):
        if text := string(resource, key):
            return text
    return concept_text(first_concept(resource, *_TITLES)) or string(resource, "description")


def medicine_name(resource: Node, references: References) -> str:
    """The medicine of a prescription, dispensation, administration or statement."""
    named = concept_text(item(resource, "medicationCodeableConcept"))
    return named or references.name(item(resource, "medicationReference"), resource)


def _patient_name(resource: Node, _references: References) -> str:
    return person_name(items(resource, "name"))


def _document(resource: Node, _references: References) -> str:
    return (
        string(resource, "description")
        or string(item(resource, "content", "attachment"), "title")
        or concept_text(first_concept(resource, "type", "category"))
    )


def _plan(resource: Node, _references: References) -> str:
    return (
        string(resource, "title") or concept_text(_last_worded(resource, "category")) or string(resource, "description")
    )


def _last_worded(resource: Node, key: str) -> Node:
    """The most telling category: servers put a generic one ("assess-plan") first."""
    worded = [concept for concept in items(resource, key) if concept_text(concept)]
    return worded[-1] if worded else {}


def _goal(resource: Node, _references: References) -> str:
    return concept_text(item(resource, "description"))


def _imaging(resource: Node, _references: References) -> str:
    if text := string(resource, "description") or concept_text(first_concept(resource, "procedureCode")):
        return text
    series = item(resource, "series")
    parts = (concept_text(item(series, "modality")) or concept_text(item(resource, "modality")), _site(series))
    return " · ".join(part for part in parts if part)


def _site(series: Node) -> str:
    return concept_text(item(series, "bodySite"))


def _visit(resource: Node, _references: References) -> str:
    concept = first_concept(resource, "type", "serviceType", "reasonCode")
    return concept_text(concept) or string(item(resource, "class"), "display")


def _appointment(resource: Node, _references: References) -> str:
    return string(resource, "description") or concept_text(
        first_concept(resource, "serviceType", "appointmentType", "specialty", "reasonCode")
    )


def _bill(resource: Node, _references: References) -> str:
    for line_item in items(resource, "item"):
        if text := concept_label(item(line_item, "productOrService")):
            return text
    return concept_label(item(resource, "type"))


def _consent(resource: Node, _references: References) -> str:
    return concept_label(first_concept(resource, "category")) or concept_label(first_concept(resource, "scope"))


def _cover(resource: Node, references: References) -> str:
    return concept_text(item(resource, "type")) or references.name(item(resource, "payor"), resource)


_TITLE_OF = {
    "Appointment": _appointment,
    "CarePlan": _plan,
    "Claim": _bill,
    "Consent": _consent,
    "Coverage": _cover,
    "DocumentReference": _document,
    "Encounter": _visit,
    "ExplanationOfBenefit": _bill,
    "Goal": _goal,
    "ImagingStudy": _imaging,
    "MedicationAdministration": medicine_name,
    "MedicationDispense": medicine_name,
    "MedicationRequest": medicine_name,
    "MedicationStatement": medicine_name,
    "Patient": _patient_name,
    "RelatedPerson": _patient_name,
}


def _first_name(resource: Node, paths: tuple[str, ...], references: References) -> str:
    """The first name among references at ``paths``, the patient never being an author or a place."""
    for path in paths:
        *parents, last = path.split(".")
        holders = items(resource, parents[0]) if parents else [resource]
        for holder in holders:
            for reference in items(holder, last):
                if "Patient/" in string(reference, "reference"):
                    continue
                target = references.resolve(reference, resource)
                if target is not None and string(target, "resourceType") == "Patient":
                    continue
                if name := references.name(reference, resource):
                    return name
    return ""


def _place(resource: Node, references: References) -> str:
    candidates = (resource, *_around(resource, references))
    return next((name for around in candidates if (name := _first_name(around, _PLACES, references))), "")


def _author(resource: Node, references: References) -> str:
    for around in (resource, *_around(resource, references)):
        if name := _first_name(around, AUTHORS, references):
            return name
    # French profiles carry the author of a document as text beside the reference.
    return line(extension(item(resource, "author"), "author-name").get("valueString"))


# FHIR R4, condition-ver-status and allergyintolerance-verification: no clinical status goes with the second.
_NEVER_WERE = frozenset({"refuted", "entered-in-error"})


def _status(resource: Node) -> str:
    """The status code; for problems and allergies, whether they are still going on."""
    clinical, _system = best_code(item(resource, "clinicalStatus"))
    verified, _system = best_code(item(resource, "verificationStatus"))
    if verified in _NEVER_WERE:
        return verified
    return clinical or string(resource, "status") or string(resource, "lifecycleStatus")


_Value = tuple[Decimal | None, str, str, Decimal | None, Decimal | None, Flag]


def _value(kind: str, resource: Node) -> _Value:
    """(value, value_text, unit, low, high, flag) for the types that have one."""
    if kind == "Observation":
        found = result_of(resource)
        return found.value, found.text, found.unit, found.low, found.high, found.flag
    if kind in ("ExplanationOfBenefit", "Claim"):
        amount = paid(resource)
        return money(amount), "", string(amount, "currency"), None, None, Flag.NONE
    if kind in ("MedicationRequest", "MedicationDispense", "MedicationStatement", "MedicationAdministration"):
        return None, dosage_text(resource), "", None, None, Flag.NONE
    if kind == "AllergyIntolerance":
        manifestations = [
            concept_text(sign) for reaction in items(resource, "reaction") for sign in items(reaction, "manifestation")
        ]
        return None, line(", ".join(filter(None, manifestations))), "", None, None, Flag.NONE
    return None, "", "", None, None, Flag.NONE


def money(amount: Node) -> Decimal | None:
    """An amount to the cent."""
    value = number(amount, "value")
    return None if value is None or abs(value) >= 10**15 else value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def paid(resource: Node) -> Node:
    """The Money that a claim asks for or a reimbursement pays."""
    for candidate in (item(resource, "payment", "amount"), *_totals(resource), item(resource, "total")):
        if number(candidate, "value") is not None:
            return candidate
    return {}


def _totals(resource: Node) -> list[Node]:
    """Totals of an ExplanationOfBenefit, what is paid before what was asked."""
    ranked = sorted(items(resource, "total"), key=lambda total: best_code(item(total, "category"))[0] != "benefit")
    return [item(total, "amount") for total in ranked]
