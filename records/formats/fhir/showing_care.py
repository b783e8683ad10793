"""Showing what was found, done and planned: problems, visits, procedures, plans, vaccinations, medicines."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from records.formats.fhir.carried import Carried
from records.formats.fhir.dosage import dosage_rows
from records.formats.fhir.elements import Node, concept_text, item, items, range_text, string, strings
from records.formats.fhir.heading import medicine_name, title_of
from records.formats.fhir.presentation import Row, Section, Word
from records.formats.fhir.rows import (
    Rows,
    choice,
    concepts,
    count,
    dated,
    measure,
    names,
    period,
    reasons,
    row,
    section,
    status,
    worded,
)
from records.formats.fhir.words import code_word, concept_word, status_word

Sections = Iterator[Section]


def allergy(resource: Node, carried: Carried) -> Sections:
    """What to avoid, how dangerous it is, what happened."""
    yield from section(_("Allergy"), _allergy_facts(resource, carried))
    for reaction in items(resource, "reaction"):
        yield from section(_("What happened"), _reaction(reaction))


def _allergy_facts(resource: Node, carried: Carried) -> Rows:
    yield from concepts(_("To avoid"), resource, "code")
    yield from row(_("Danger"), code_word(string(resource, "criticality")))
    yield from row(_("Kind"), code_word(string(resource, "type")))
    for category in strings(resource, "category"):
        yield from row(_("Category"), code_word(category))
    yield from worded(_("Status"), resource, "clinicalStatus")
    yield from worded(_("Certainty"), resource, "verificationStatus")
    yield from choice(_("Since"), resource, "onset")
    yield from dated(_("Last reaction"), resource, "lastOccurrence")
    yield from dated(_("Recorded on"), resource, "recordedDate")
    yield from names(_("Recorded by"), resource, carried, "recorder", "asserter")


def _reaction(reaction: Node) -> Rows:
    yield from concepts(_("Reaction"), reaction, "manifestation")
    yield from row(_("Severity"), code_word(string(reaction, "severity")))
    yield from concepts(_("Caused by"), reaction, "substance")
    yield from concepts(_("Way of contact"), reaction, "exposureRoute")
    yield from dated(_("Date"), reaction, "onset")
    yield from row(_("Description"), string(reaction, "description"))


def condition(resource: Node, carried: Carried) -> Sections:
    """A health problem: what, since when, whether it is over."""
    yield from section(_("Health condition"), _condition_facts(resource, carried))


def _condition_facts(resource: Node, carried: Carried) -> Rows:
    yield from concepts(_("What"), resource, "code")
    yield from worded(_("Status"), resource, "clinicalStatus")
    yield from worded(_("Certainty"), resource, "verificationStatus")
    yield from concepts(_("Severity"), resource, "severity")
    yield from concepts(_("Where in the body"), resource, "bodySite")
    yield from choice(_("Since"), resource, "onset")
    yield from choice(_("Until"), resource, "abatement")
    yield from dated(_("Recorded on"), resource, "recordedDate")
    yield from names(_("Recorded by"), resource, carried, "recorder", "asserter")


def visit(resource: Node, carried: Carried) -> Sections:
    """A consultation or a stay: when, where, with whom, why."""
    yield from section(_("Visit"), _visit_facts(resource, carried))
    yield from section(_("Diagnoses"), names(_("Diagnosis"), resource, carried, "diagnosis.condition"))


def _visit_facts(resource: Node, carried: Carried) -> Rows:
    yield from concepts(_("What"), resource, "type", "serviceType")
    yield from row(_("Kind"), concept_word(item(resource, "class")))
    yield from period(resource)
    yield from names(_("With"), resource, carried, "participant.individual")
    yield from names(_("Place"), resource, carried, "serviceProvider", "location.location")
    yield from reasons(resource, carried)
    stay = item(resource, "hospitalization")
    yield from concepts(_("Came from"), stay, "admitSource")
    yield from concepts(_("Left for"), stay, "dischargeDisposition")
    yield from status(resource)


def procedure(resource: Node, carried: Carried) -> Sections:
    """An act: what was done, when, by whom, with what outcome."""
    yield from section(_("Procedure"), _procedure_facts(resource, carried))


def _procedure_facts(resource: Node, carried: Carried) -> Rows:
    yield from concepts(_("What"), resource, "code")
    yield from choice(_("Date"), resource, "performed")
    yield from names(_("By"), resource, carried, "performer.actor")
    yield from names(_("Place"), resource, carried, "location")
    yield from concepts(_("Where in the body"), resource, "bodySite")
    yield from reasons(resource, carried)
    yield from concepts(_("Outcome"), resource, "outcome")
    yield from concepts(_("Complication"), resource, "complication")
    yield from concepts(_("What comes next"), resource, "followUp")
    yield from status(resource)


def plan(resource: Node, carried: Carried) -> Sections:
    """A care plan: what it is for, what is to be done."""
    yield from section(_("Care plan"), _plan_facts(resource, carried))
    yield from section(_("What is planned"), _activities(resource, carried))
    yield from section(_("Goals"), names(_("Goal"), resource, carried, "goal"))


def _plan_facts(resource: Node, carried: Carried) -> Rows:
    yield from row(_("What"), title_of(resource, carried))
    yield from names(_("For"), resource, carried, "addresses")
    yield from period(resource)
    yield from names(_("By"), resource, carried, "author", "contributor", "careTeam")
    yield from status(resource)


def _activities(resource: Node, carried: Carried) -> Rows:
    for activity in items(resource, "activity"):
        detail = item(activity, "detail")
        text = concept_text(item(detail, "code")) or string(detail, "description")
        text = text or carried.name(item(activity, "reference"), resource)
        if text:
            note = string(detail, "scheduledString") or status_word(string(detail, "status"))
            yield Row(text, string(detail, "description") if string(detail, "description") != text else "", note)


def team(resource: Node, carried: Carried) -> Sections:
    """Who takes care of the patient together."""
    yield from section(
        _("Care team"), [*row(_("What"), title_of(resource, carried)), *period(resource), *status(resource)]
    )
    yield from section(_("Members"), _members(resource, carried))


def _members(resource: Node, carried: Carried) -> Rows:
    for member in items(resource, "participant"):
        name = carried.name(item(member, "member"), resource)
        role = concept_text(item(member, "role"))
        if (name or role) and "Patient/" not in string(item(member, "member"), "reference"):
            yield Row(role or Word(_("Member")), name or role)


def goal(resource: Node, carried: Carried) -> Sections:
    """What is aimed at, and how far it is."""
    yield from section(_("Goal"), _goal_facts(resource, carried))


def _goal_facts(resource: Node, carried: Carried) -> Rows:
    yield from concepts(_("What"), resource, "description")
    for target in items(resource, "target"):
        yield from concepts(_("Measured by"), target, "measure")
        yield from measure(_("Target"), target, "detailQuantity")
        yield from row(_("Target"), range_text(item(target, "detailRange")))
        yield from row(_("Target"), string(target, "detailString"))
        yield from dated(_("By when"), target, "dueDate")
    yield from row(_("Progress"), concept_word(item(resource, "achievementStatus")))
    yield from dated(_("Since"), resource, "startDate", "statusDate")
    yield from names(_("Set by"), resource, carried, "expressedBy")
    yield from names(_("For"), resource, carried, "addresses")
    yield from status(resource, "lifecycleStatus")


def vaccination(resource: Node, carried: Carried) -> Sections:
    """A vaccine given, or not and why."""
    yield from section(_("Vaccination"), _vaccine_facts(resource, carried))
    for reaction in items(resource, "reaction"):
        yield from section(
            _("What happened"),
            [*dated(_("Date"), reaction, "date"), *names(_("Reaction"), reaction, carried, "detail")],
        )


def _vaccine_facts(resource: Node, carried: Carried) -> Rows:
    yield from concepts(_("Vaccine"), resource, "vaccineCode")
    for protocol in items(resource, "protocolApplied"):
        yield from concepts(_("Protects against"), protocol, "targetDisease")
        yield from count(_("Dose number"), protocol, "doseNumberPositiveInt")
        yield from row(_("Dose number"), string(protocol, "doseNumberString"))
        yield from count(_("Doses in all"), protocol, "seriesDosesPositiveInt")
    yield from dated(_("Date"), resource, "occurrenceDateTime")
    yield from row(_("Date"), string(resource, "occurrenceString"))
    yield from names(_("By"), resource, carried, "performer.actor")
    yield from names(_("Place"), resource, carried, "location")
    yield from row(_("Batch"), string(resource, "lotNumber"))
    yield from names(_("Made by"), resource, carried, "manufacturer")
    yield from dated(_("Expires on"), resource, "expirationDate")
    yield from measure(_("Dose"), resource, "doseQuantity")
    yield from concepts(_("Where in the body"), resource, "site")
    yield from concepts(_("Route"), resource, "route")
    yield from status(resource)
    yield from concepts(_("Reason"), resource, "statusReason", "reasonCode")


def medicine(resource: Node, carried: Carried) -> Sections:
    """A medicine: which, how to take it, who decided."""
    yield from section(
        _("Medicine"), [*row(_("Medicine"), medicine_name(resource, carried)), *_form(resource), *dosage_rows(resource)]
    )
    yield from section(_("Prescription"), _prescription_facts(resource, carried))
    yield from section(_("Dispensation"), _supply_facts(resource, carried))


def _form(resource: Node) -> Rows:
    for contained in items(resource, "contained"):
        if string(contained, "resourceType") == "Medication":
            yield from concepts(_("Form"), contained, "form")


def _prescription_facts(resource: Node, carried: Carried) -> Rows:
    yield from dated(_("Prescribed on"), resource, "authoredOn")
    yield from dated(_("Recorded on"), resource, "dateAsserted")
    yield from dated(_("From"), resource, "effectivePeriod.start", "effectiveDateTime")
    yield from dated(_("Until"), resource, "effectivePeriod.end")
    yield from names(_("Prescribed by"), resource, carried, "requester", "authorizingPrescription.requester")
    yield from names(_("According to"), resource, carried, "informationSource")
    yield from reasons(resource, carried)
    request = item(resource, "dispenseRequest")
    yield from measure(_("Quantity"), request, "quantity")
    yield from measure(_("For"), request, "expectedSupplyDuration")
    yield from count(_("Renewals"), request, "numberOfRepeatsAllowed")
    yield from dated(_("Valid until"), request, "validityPeriod.end")
    if item(resource, "substitution").get("allowedBoolean") is False:
        yield from row(_("Substitution"), Word(_("Not substitutable")))
    if string(resource, "resourceType") != "MedicationDispense":
        yield from status(resource)


def _supply_facts(resource: Node, carried: Carried) -> Rows:
    yield from dated(_("Handed over on"), resource, "whenHandedOver", "whenPrepared")
    if string(resource, "resourceType") in ("MedicationDispense", "MedicationAdministration"):
        yield from names(_("By"), resource, carried, "performer.actor")
        yield from measure(_("Quantity"), resource, "quantity")
        yield from measure(_("For"), resource, "daysSupply")
        yield from names(_("Place"), resource, carried, "location")
        yield from status(resource)
