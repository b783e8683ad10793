"""One resource for its reader: ``present(resource)``.

The resource is shown as a person asks: what, how much, when, by whom, why, what next. Pure: no clock,
no database, no language; labels are msgids and a page translates them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext_noop as _

from records.formats.fhir import showing_care as care
from records.formats.fhir import showing_papers as papers
from records.formats.fhir.carried import Carried
from records.formats.fhir.corrected import correction_in
from records.formats.fhir.elements import Node, items, string
from records.formats.fhir.narrative import (
    attachment_text,
    attachments,
    narrative_text,
    notes_text,
    text_of_html,
    tidy,
)
from records.formats.fhir.presentation import Presentation, Row, Section

_SHOWN: dict[str, Callable[[Node, Carried], Iterator[Section]]] = {
    "AllergyIntolerance": care.allergy,
    "Appointment": papers.appointment,
    "CarePlan": care.plan,
    "CareTeam": care.team,
    "Claim": papers.bill,
    "Composition": papers.document,
    "Condition": care.condition,
    "Coverage": papers.cover,
    "DiagnosticReport": papers.report,
    "DocumentReference": papers.document,
    "Encounter": care.visit,
    "ExplanationOfBenefit": papers.bill,
    "Goal": care.goal,
    "ImagingStudy": papers.imaging,
    "Immunization": care.vaccination,
    "MedicationAdministration": care.medicine,
    "MedicationDispense": care.medicine,
    "MedicationRequest": care.medicine,
    "MedicationStatement": care.medicine,
    "Observation": papers.observation,
    "Patient": papers.identity,
    "Procedure": care.procedure,
}

# Types whose narrative says more than their fields; the others' is a machine's repetition of them.
_TOLD = frozenset({"DiagnosticReport", "Composition", "DocumentReference", "ImagingStudy", "ClinicalImpression"})


def present(resource: dict[str, Any]) -> Presentation:
    """The sections and the text of a filed resource of any type."""
    shown = _SHOWN.get(string(resource, "resourceType"), papers.other)
    sections = (*_put_right(resource), *shown(resource, Carried(resource)))
    return Presentation(sections, _narrative(resource))


def _put_right(resource: Node) -> Iterator[Section]:
    """What its author says instead of what it says: first, or it would be read too late."""
    if words := correction_in(resource):
        yield Section(_("Corrected by its author"), (Row(_("What is right"), words),))


def _narrative(resource: Node) -> str:
    kind = string(resource, "resourceType")
    told = [*map(attachment_text, attachments(resource)), *_composition(resource)]
    conclusion = resource.get("conclusion")
    if isinstance(conclusion, str):
        told.insert(0, tidy(conclusion))
    # A generated narrative repeats the text of the attachment, badly.
    if not any(told) and (kind in _TOLD or kind not in _SHOWN):
        told.append(narrative_text(resource))
    told.append(notes_text(resource))
    return "\n\n".join(part for part in told if part)


def _composition(resource: Node, depth: int = 0) -> Iterator[str]:
    """The sections of a Composition: title, then text."""
    for part in items(resource, "section"):
        yield string(part, "title")
        for text in items(part, "text"):
            markup = text.get("div")
            if isinstance(markup, str):
                yield text_of_html(markup)
        if depth < 10:
            yield from _composition(part, depth + 1)
