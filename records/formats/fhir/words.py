"""FHIR codes that a person reads, as English msgids."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from records.formats.fhir.elements import Node, concept_text, item, string
from records.formats.fhir.presentation import Word

STATUSES = {
    "accepted": _("Accepted"),
    "active": _("In progress"),
    "amended": _("Amended"),
    "appended": _("Completed by an addition"),
    "arrived": _("Arrived"),
    "available": _("Available"),
    "booked": _("Booked"),
    "cancelled": _("Cancelled"),
    "checked-in": _("Arrived"),
    "completed": _("Completed"),
    "corrected": _("Corrected"),
    "current": _("Current"),
    "declined": _("Declined"),
    "draft": _("Draft"),
    "ended": _("Ended"),
    "entered-in-error": _("Entered by mistake"),
    "final": _("Final"),
    "finished": _("Finished"),
    "fulfilled": _("Took place"),
    "inactive": _("No longer active"),
    "in-progress": _("In progress"),
    "noshow": _("Missed"),
    "not-done": _("Not done"),
    "not-started": _("Not started"),
    "not-taken": _("Not taken"),
    "on-hold": _("Paused"),
    "partial": _("Partial"),
    "pending": _("Pending"),
    "planned": _("Planned"),
    "preliminary": _("Preliminary"),
    "proposed": _("Proposed"),
    "recurrence": _("Come back"),
    "registered": _("Registered"),
    "rejected": _("Rejected"),
    "relapse": _("Relapse"),
    "remission": _("In remission"),
    "resolved": _("Over"),
    "revoked": _("Revoked"),
    "scheduled": _("Planned"),
    "stopped": _("Stopped"),
    "superseded": _("Replaced by a newer version"),
    "unknown": _("Unknown"),
    "waitlist": _("On a waiting list"),
}

_CODES = {
    # Encounter.class
    "AMB": _("Consultation"),
    "EMER": _("Emergency"),
    "FLD": _("On the spot"),
    "HH": _("At home"),
    "IMP": _("Hospital stay"),
    "ACUTE": _("Hospital stay"),
    "NONAC": _("Hospital stay"),
    "OBSENC": _("Observation in hospital"),
    "PRENC": _("Before admission"),
    "SS": _("Short stay"),
    "VR": _("At a distance"),
    # AllergyIntolerance
    "allergy": _("Allergy"),
    "intolerance": _("Intolerance"),
    "food": _("Food"),
    "medication": _("Medicine"),
    "environment": _("Environment"),
    "biologic": _("Biological product"),
    "low": _("Low"),
    "high": _("High"),
    "unable-to-assess": _("Not assessed"),
    "mild": _("Mild"),
    "moderate": _("Moderate"),
    "severe": _("Severe"),
    # verification
    "confirmed": _("Confirmed"),
    "unconfirmed": _("Not confirmed"),
    "provisional": _("To be confirmed"),
    "differential": _("One possibility among others"),
    "presumed": _("Presumed"),
    "refuted": _("Ruled out"),
    # Observation.dataAbsentReason
    "temp-unknown": _("Not known yet"),
    "asked-unknown": _("Not known"),
    "not-performed": _("Not done"),
    "masked": _("Not told"),
    "as-text": _("In the file beside it"),
    # Goal.achievementStatus
    "improving": _("Improving"),
    "worsening": _("Getting worse"),
    "no-change": _("No change"),
    "achieved": _("Reached"),
    "sustaining": _("Kept"),
    "not-achieved": _("Not reached"),
    "no-progress": _("No progress"),
    "not-attainable": _("Out of reach"),
    # Patient.gender
    "female": _("Female"),
    "male": _("Male"),
    "other": _("Other"),
    # adjudication and totals of a reimbursement
    "submitted": _("Amount asked"),
    "benefit": _("Reimbursed"),
    "copay": _("Left to pay"),
    "eligible": _("Amount covered"),
    "deductible": _("Deductible"),
    "eligpercent": _("Rate"),
    "tax": _("Tax"),
    # priorities
    "routine": _("Routine"),
    "urgent": _("Urgent"),
    "asap": _("As soon as possible"),
    "stat": _("At once"),
    # outcome of a claim
    "queued": _("Waiting"),
    "complete": _("Complete"),
    "error": _("Failed"),
}


def status_word(code: str) -> Word | str:
    """A status code as a word; the code itself when nobody translated it."""
    return Word(STATUSES[code]) if code in STATUSES else code


def code_word(code: str) -> Word | str:
    """A code of the FHIR value sets as a word; the code itself when nobody translated it."""
    if code in _CODES:
        return Word(_CODES[code])
    return status_word(code)


def concept_word(concept: Node) -> Word | str:
    """A CodeableConcept whose codes are FHIR's own: our word for it, else what the source calls it."""
    for coding in (item(concept, "coding"), concept):
        code = string(coding, "code")
        if code in _CODES or code in STATUSES:
            return code_word(code)
    return concept_text(concept) or string(concept, "display")
