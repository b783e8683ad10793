"""The 19 drawers of a health record.

A category is all that consent knows of what a record holds. The codes are frozen: they enter the
derivation of keys and the entries of the log.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from django.utils.translation import gettext_lazy as _


class Tier(Enum):
    """How delicate a drawer is, which orders pages and warnings; it grants nothing."""

    EVERYDAY = "everyday"
    DELICATE = "delicate"
    ADMINISTRATIVE = "administrative"
    PATIENT_ONLY = "patient_only"


class Category(StrEnum):
    """One drawer of a record, with its tier and its label."""

    MEDICAL_SUMMARY = "medical_summary"
    CONSULTATION_REPORT = "consultation_report"
    HOSPITAL_REPORT = "hospital_report"
    LABORATORY = "laboratory"
    IMAGING = "imaging"
    PRESCRIPTION = "prescription"
    DISPENSATION = "dispensation"
    CARE_PLAN = "care_plan"
    PREVENTION = "prevention"
    CHILD_HEALTH = "child_health"
    MATERNITY_SEXUAL_HEALTH = "maternity_sexual_health"
    MENTAL_HEALTH = "mental_health"
    GENETICS = "genetics"
    CERTIFICATE = "certificate"
    SOCIAL_CARE = "social_care"
    REIMBURSEMENT = "reimbursement"
    DIRECTIVES = "directives"
    ADMINISTRATIVE = "administrative"
    PERSONAL_NOTES = "personal_notes"

    @property
    def tier(self) -> Tier:
        """The tier of this drawer."""
        return _TIERS.get(self, Tier.EVERYDAY)

    @property
    def label(self) -> str:
        """The name shown to people, in the language in force."""
        return str(_LABELS[self])


_TIERS = {
    Category.MATERNITY_SEXUAL_HEALTH: Tier.DELICATE,
    Category.MENTAL_HEALTH: Tier.DELICATE,
    Category.GENETICS: Tier.DELICATE,
    Category.SOCIAL_CARE: Tier.DELICATE,
    Category.DIRECTIVES: Tier.DELICATE,
    Category.REIMBURSEMENT: Tier.ADMINISTRATIVE,
    Category.ADMINISTRATIVE: Tier.ADMINISTRATIVE,
    Category.PERSONAL_NOTES: Tier.PATIENT_ONLY,
}

_LABELS = {
    Category.MEDICAL_SUMMARY: _("Medical summary and allergies"),
    Category.CONSULTATION_REPORT: _("Consultations"),
    Category.HOSPITAL_REPORT: _("Hospital stays"),
    Category.LABORATORY: _("Laboratory results"),
    Category.IMAGING: _("Imaging"),
    Category.PRESCRIPTION: _("Prescriptions"),
    Category.DISPENSATION: _("Dispensed medicines"),
    Category.CARE_PLAN: _("Care plans"),
    Category.PREVENTION: _("Prevention and vaccinations"),
    Category.CHILD_HEALTH: _("Child health"),
    Category.MATERNITY_SEXUAL_HEALTH: _("Maternity and sexual health"),
    Category.MENTAL_HEALTH: _("Mental health"),
    Category.GENETICS: _("Genetics"),
    Category.CERTIFICATE: _("Certificates"),
    Category.SOCIAL_CARE: _("Social care"),
    Category.REIMBURSEMENT: _("Reimbursements"),
    Category.DIRECTIVES: _("Advance directives"),
    Category.ADMINISTRATIVE: _("Administrative papers"),
    Category.PERSONAL_NOTES: _("Personal notes"),
}
