"""The professions that the matrix knows, with the label shown to people.

What a profession may reach is data (``consent_matrixrow``); the code only has its name. A profession
missing here still works: it is shown by its code.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Profession(StrEnum):
    """A profession of the matrix."""

    DOCTOR = "doctor"
    EMERGENCY_REGULATOR = "emergency_regulator"
    OCCUPATIONAL_PHYSICIAN = "occupational_physician"
    PHARMACIST = "pharmacist"
    NURSE = "nurse"
    MIDWIFE = "midwife"
    DENTIST = "dentist"
    PHYSIOTHERAPIST = "physiotherapist"
    PODIATRIST = "podiatrist"
    BIOLOGIST = "biologist"
    SPEECH_THERAPIST = "speech_therapist"
    PSYCHOLOGIST = "psychologist"
    DIETITIAN = "dietitian"
    SOCIAL_COORDINATOR = "social_coordinator"

    @property
    def label(self) -> str:
        """The name shown to people, in the language in force."""
        return str(_LABELS[self])


_LABELS = {
    Profession.DOCTOR: _("Doctor"),
    Profession.EMERGENCY_REGULATOR: _("Emergency regulator"),
    Profession.OCCUPATIONAL_PHYSICIAN: _("Occupational physician"),
    Profession.PHARMACIST: _("Pharmacist"),
    Profession.NURSE: _("Nurse"),
    Profession.MIDWIFE: _("Midwife"),
    Profession.DENTIST: _("Dentist"),
    Profession.PHYSIOTHERAPIST: _("Physiotherapist"),
    Profession.PODIATRIST: _("Podiatrist"),
    Profession.BIOLOGIST: _("Medical biologist"),
    Profession.SPEECH_THERAPIST: _("Speech therapist"),
    Profession.PSYCHOLOGIST: _("Psychologist"),
    Profession.DIETITIAN: _("Dietitian"),
    Profession.SOCIAL_COORDINATOR: _("Health and social care coordinator"),
}


def profession_label(code: str) -> str:
    """The name of a profession in the language in force, or its code when the house does not know it."""
    try:
        return Profession(code).label
    except ValueError:
        return code
