"""The professions that the matrix knows, with the label shown to people.

What a profession may reach is data (``consent_matrixrow``); the code only has its name. A profession
missing here still works: it is shown by its code.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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

# Only where a language may tell them apart; the title is all that the house knows of a professional's sex.
_LABELS_OF_WOMEN = {
    Profession.EMERGENCY_REGULATOR: pgettext_lazy("of a woman", "Emergency regulator"),
    Profession.PHARMACIST: pgettext_lazy("of a woman", "Pharmacist"),
    Profession.NURSE: pgettext_lazy("of a woman", "Nurse"),
    Profession.DENTIST: pgettext_lazy("of a woman", "Dentist"),
    Profession.DIETITIAN: pgettext_lazy("of a woman", "Dietitian"),
    Profession.SOCIAL_COORDINATOR: pgettext_lazy("of a woman", "Health and social care coordinator"),
}
_TITLES_OF_WOMEN = frozenset({"Mme", "Mlle"})


def profession_label(code: str, title: str = "") -> str:
    """The name of a profession in the language in force, or its code when the house does not know it.

    Args:
        title: how the person is addressed, as in the directory; empty where nobody in particular is meant.
    """
    try:
        profession = Profession(code)
    except ValueError:
        return code
    if title in _TITLES_OF_WOMEN and profession in _LABELS_OF_WOMEN:
        return str(_LABELS_OF_WOMEN[profession])
    return profession.label
