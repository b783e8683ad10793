"""Showing results, images, documents, appointments, insurance papers and the identity sheet."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from records.formats.fhir.carried import Carried
from records.formats.fhir.elements import (
    Node,
    address_text,
    concept_label,
    concept_text,
    item,
    items,
    number,
    person_name,
    string,
    strings,
)
from records.formats.fhir.heading import medicine_name, title_of
from records.formats.fhir.narrative import attachment_text, attachments
from records.formats.fhir.presentation import Row, Section, Value, Word
from records.formats.fhir.results import Result, result_of
from records.formats.fhir.rows import (
    Rows,
    amount,
    choice,
    concepts,
    count,
    dated,
    names,
    period,
    reasons,
    row,
    section,
    status,
    worded,
)
from records.formats.fhir.words import code_word, concept_word

Sections = Iterator[Section]


def observation(resource: Node, carried: Carried) -> Sections:
    """A result: its value with unit, range and flag, its parts, how it was made."""
    yield from section(_("Result"), _value_rows(resource))
    yield from section(
        _("Details"), [result_row(_name_of(part), result_of(part)) for part in items(resource, "component")]
    )
    yield from section(_("Parts"), names(_("Result"), resource, carried, "hasMember"))
    yield from section(_("Circumstances"), _circumstances(resource, carried))


def _value_rows(resource: Node) -> Rows:
    found = result_of(resource)
    yield from row(_("Value"), found.value if found.value is not None else found.text, found.unit, found.flag)
    if found.value is None and not found.text:
        yield from row(_("Value"), concept_word(item(resource, "dataAbsentReason")))
    yield from row(_("Reference range"), found.range, found.unit)


def _name_of(part: Node) -> str:
    return concept_text(item(part, "code"))


def result_row(name: str, found: Result) -> Row:
    """One result of several: ``Haemoglobin 13.2 g/dL``, with its range beside it and its flag."""
    value: Value = found.printed
    return Row(name or Word(_("Result")), value, found.range, found.flag)


def _circumstances(resource: Node, carried: Carried) -> Rows:
    yield from choice(_("Date"), resource, "effective")
    yield from dated(_("Date"), resource, "effectiveInstant")
    yield from names(_("By"), resource, carried, "performer")
    yield from concepts(_("Method"), resource, "method")
    yield from concepts(_("Where in the body"), resource, "bodySite")
    yield from names(_("Sample"), resource, carried, "specimen")
    yield from names(_("Device"), resource, carried, "device")
    yield from status(resource)


def report(resource: Node, carried: Carried) -> Sections:
    """A report: its results first, then who made it."""
    rows = [
        result_row(carried.name(reference, resource), carried.result(reference))
        for reference in items(resource, "result")
    ]
    yield from section(_("Results"), [line for line in rows if line.value or not isinstance(line.label, Word)])
    yield from section(_("Conclusion"), concepts(_("Conclusion"), resource, "conclusionCode"))
    yield from section(_("Report"), _report_facts(resource, carried))
    yield from section(_("Files"), _files(resource))


def _report_facts(resource: Node, carried: Carried) -> Rows:
    yield from concepts(_("What"), resource, "code")
    yield from choice(_("Date"), resource, "effective")
    yield from dated(_("Issued on"), resource, "issued")
    yield from names(_("By"), resource, carried, "performer", "resultsInterpreter")
    yield from names(_("Sample"), resource, carried, "specimen")
    yield from names(_("Images"), resource, carried, "imagingStudy")
    yield from status(resource)


def imaging(resource: Node, carried: Carried) -> Sections:
    """An imaging study and its series."""
    yield from section(_("Imaging"), _study_facts(resource, carried))
    for series in items(resource, "series"):
        yield from section(_("Series"), _series_facts(series))


def _study_facts(resource: Node, carried: Carried) -> Rows:
    yield from row(_("What"), title_of(resource, carried))
    yield from dated(_("Date"), resource, "started")
    yield from names(_("Asked by"), resource, carried, "referrer")
    yield from names(_("Read by"), resource, carried, "interpreter")
    yield from names(_("Place"), resource, carried, "location")
    yield from reasons(resource, carried)
    yield from count(_("Series"), resource, "numberOfSeries")
    yield from count(_("Images"), resource, "numberOfInstances")
    yield from status(resource)


def _series_facts(series: Node) -> Rows:
    yield from row(_("What"), string(series, "description"))
    yield from concepts(_("Technique"), series, "modality")
    yield from row(_("Where in the body"), concept_label(item(series, "bodySite")))
    yield from row(_("Side"), concept_label(item(series, "laterality")))
    yield from count(_("Images"), series, "numberOfInstances")
    for instance in items(series, "instance")[:20]:
        yield from row(_("Image"), string(instance, "title"))


def document(resource: Node, carried: Carried) -> Sections:
    """A document: what it is, who wrote it; its text is the narrative."""
    yield from section(_("Document"), _document_facts(resource, carried))
    yield from section(_("Files"), _files(resource))


def _document_facts(resource: Node, carried: Carried) -> Rows:
    yield from row(_("What"), string(resource, "title") or string(resource, "description"))
    yield from concepts(_("Kind"), resource, "type")
    yield from dated(_("Date"), resource, "date", "created", "content.attachment.creation")
    yield from names(_("By"), resource, carried, "author", "authenticator", "attester.party")
    yield from names(_("Place"), resource, carried, "custodian")
    # That a document is in force goes without saying; that it was replaced does not.
    if string(resource, "status") != "current":
        yield from status(resource)


def _files(resource: Node) -> Rows:
    for attachment in attachments(resource):
        if string(attachment, "hash") and not string(attachment, "data") and not string(attachment, "url"):
            # It lies beside the record: pages name it with the way to open it.
            continue
        if attachment_text(attachment):
            # It is read as the text of the document: its media type tells nobody more.
            continue
        kind = string(attachment, "contentType").partition(";")[0]
        title = string(attachment, "title")
        if title or kind:
            yield Row(title or Word(_("File")), kind or Word(_("File")))


def appointment(resource: Node, carried: Carried) -> Sections:
    """When, with whom, where, what to bring."""
    yield from section(_("Appointment"), _appointment_facts(resource, carried))


def _appointment_facts(resource: Node, carried: Carried) -> Rows:
    yield from row(_("What"), title_of(resource, carried))
    yield from dated(_("From"), resource, "start", "requestedPeriod.start")
    yield from dated(_("Until"), resource, "end")
    yield from count(_("Minutes"), resource, "minutesDuration")
    yield from names(_("With"), resource, carried, "participant.actor")
    yield from concepts(_("Specialty"), resource, "specialty")
    yield from reasons(resource, carried)
    yield from row(_("Advice"), string(resource, "patientInstruction"))
    yield from row(_("Comment"), string(resource, "comment"))
    yield from status(resource)


def bill(resource: Node, carried: Carried) -> Sections:
    """What was asked, what was paid back, for which care."""
    yield from section(_("Amounts"), _amounts(resource))
    yield from section(_("Care"), _lines(resource))
    yield from section(_("File"), _bill_facts(resource, carried))


def _amounts(resource: Node) -> Rows:
    totals = [total for total in items(resource, "total") if items(total, "amount")]
    for total in totals:
        label = concept_word(item(total, "category"))
        for line in amount(_("Total"), total, "amount"):
            yield Row(label or line.label, line.value, line.note)
    if not totals:
        yield from amount(_("Total"), resource, "total")
    yield from amount(_("Paid"), item(resource, "payment"), "amount")
    yield from dated(_("Paid on"), item(resource, "payment"), "date")


def _lines(resource: Node) -> Rows:
    for line_item in items(resource, "item"):
        text = concept_text(item(line_item, "productOrService"))
        for line in amount(_("Care"), line_item, "net") if item(line_item, "net") else row(_("Care"), text):
            yield Row(text or line.label, line.value if line.value != text else "", line.note)


def _bill_facts(resource: Node, carried: Carried) -> Rows:
    yield from worded(_("Kind"), resource, "type")
    yield from period(resource, "billablePeriod")
    yield from dated(_("Made on"), resource, "created")
    yield from names(_("Care given by"), resource, carried, "provider")
    yield from names(_("Insurer"), resource, carried, "insurer")
    yield from names(_("Cover"), resource, carried, "insurance.coverage")
    for diagnosis in items(resource, "diagnosis"):
        yield from concepts(_("Diagnosis"), diagnosis, "diagnosisCodeableConcept")
        yield from names(_("Diagnosis"), diagnosis, carried, "diagnosisReference")
    yield from row(_("Outcome"), code_word(string(resource, "outcome")))
    yield from row(_("Comment"), string(resource, "disposition"))
    yield from status(resource)


def cover(resource: Node, carried: Carried) -> Sections:
    """An insurance cover."""
    yield from section(
        _("Insurance cover"),
        [
            *concepts(_("Kind"), resource, "type"),
            *names(_("Insurer"), resource, carried, "payor"),
            *row(_("Number"), string(resource, "subscriberId")),
            *period(resource),
            *status(resource),
        ],
    )


def identity(resource: Node, carried: Carried) -> Sections:
    """Who the patient is, as the source wrote it."""
    yield from section(_("Identity"), _identity_facts(resource, carried))


def _identity_facts(resource: Node, carried: Carried) -> Rows:
    yield from row(_("Name"), person_name(items(resource, "name")))
    for name in items(resource, "name"):
        if string(name, "use") == "maiden":
            yield from row(_("Birth name"), string(name, "family"))
    yield from dated(_("Born on"), resource, "birthDate")
    yield from row(_("Sex"), code_word(string(resource, "gender")))
    yield from dated(_("Died on"), resource, "deceasedDateTime")
    for address in items(resource, "address"):
        yield from row(_("Address"), address_text(address))
    for contact in items(resource, "telecom"):
        yield from row(_("Contact"), string(contact, "value"))
    yield from names(_("Doctor"), resource, carried, "generalPractitioner")


def other(resource: Node, carried: Carried) -> Sections:
    """Any other type: what it says of itself, in the order a reader asks."""
    yield from section(_("Details"), _other_facts(resource, carried))
    for name in ("device", "deviceName"):
        for found in items(resource, name):
            yield from section(_("Device"), row(_("Name"), string(found, "name")))


def _other_facts(resource: Node, carried: Carried) -> Rows:
    yield from row(_("What"), title_of(resource, carried) or medicine_name(resource, carried))
    yield from concepts(_("Category"), resource, "category", "scope", "relationship")
    yield from choice(_("Date"), resource, "occurrence")
    yield from dated(
        _("Date"), resource, "date", "dateTime", "authoredOn", "authored", "created", "sent", "recordedDate"
    )
    yield from period(resource)
    yield from names(
        _("By"), resource, carried, "requester", "performer", "author", "assessor", "source", "sender", "organization"
    )
    yield from reasons(resource, carried)
    for member in items(resource, "condition"):
        yield from concepts(_("Health condition"), member, "code")
    for prediction in items(resource, "prediction"):
        yield from concepts(_("Risk"), prediction, "outcome")
    for recommendation in items(resource, "recommendation"):
        yield from concepts(_("Vaccine"), recommendation, "vaccineCode", "targetDisease")
    for action in items(resource, "action"):
        yield from row(_("What"), string(action, "title") or string(action, "description"))
    for answered in items(resource, "item"):
        yield from _answer(answered)
    for key, label in (("manufacturer", _("Made by")), ("serialNumber", _("Number")), ("lotNumber", _("Batch"))):
        yield from row(label, string(resource, key))
    for text in strings(resource, "description"):
        yield from row(_("Description"), text)
    yield from status(resource)


def _answer(answered: Node, depth: int = 0) -> Iterator[Row]:
    """A question of a questionnaire and its answers."""
    question = string(answered, "text")
    for answer in items(answered, "answer"):
        said = string(answer, "valueString") or string(item(answer, "valueCoding"), "display")
        value = said or number(answer, "valueInteger") or number(answer, "valueDecimal")
        if question and value:
            yield Row(question, value)
    if depth < 10:
        for below in items(answered, "item"):
            yield from _answer(below, depth + 1)
