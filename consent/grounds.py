"""Why a decision came out as it did.

A ground is written into the log for ever: grounds are added, never renamed or reused. Its explanation
is the sentence that the patient reads; professionals never see it.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Ground(StrEnum):
    """The reason of a decision, in the order in which reasons are looked for."""

    # 0, acts of the house itself
    SYSTEM_DEPOSIT = "system_deposit"
    SYSTEM_REFUSED = "system_refused"
    # 1, never
    NOT_SIGNED_IN = "not_signed_in"
    ADMINISTRATOR = "administrator"
    PATIENT_ONLY = "patient_only"
    EXPORT_PATIENT_ONLY = "export_patient_only"
    MATRIX_NEVER = "matrix_never"
    MATRIX_READ_ONLY = "matrix_read_only"
    # 2, own dossier
    OWN_DOSSIER = "own_dossier"
    # 3, what the patient opposes or hides
    OPPOSED_PERSON = "opposed_person"
    OPPOSED_ORGANISATION = "opposed_organisation"
    OPPOSED_AUTHOR = "opposed_author"
    MASKED = "masked"
    # 4, emergency
    EMERGENCY = "emergency"
    # 5, choices of the patient, the most precise first
    CHOICE_PERSON_CLOSED = "choice_person_closed"
    CHOICE_PERSON_OPEN = "choice_person_open"
    CHOICE_TEAM_CLOSED = "choice_team_closed"
    CHOICE_TEAM_OPEN = "choice_team_open"
    CHOICE_PROFESSION_CLOSED = "choice_profession_closed"
    CHOICE_PROFESSION_OPEN = "choice_profession_open"
    # 6, defaults inside a care relationship
    EMERGENCY_ROUTE_ONLY = "emergency_route_only"
    DEFAULT_OPEN = "default_open"
    ON_CONSENT = "on_consent"
    # 7, nothing opens it
    NOT_OWNER = "not_owner"
    NO_RELATIONSHIP = "no_relationship"
    # the dossier itself, not a drawer of it
    RELATIONSHIP = "relationship"
    EMERGENCY_CLOSED = "emergency_closed"

    @property
    def explanation(self) -> str:
        """One plain sentence for the patient, in the language in force."""
        return str(_EXPLANATIONS[self])

    @property
    def is_never(self) -> bool:
        """Whether no choice of the patient could change this."""
        return self in _NEVER


_NEVER = frozenset(
    {
        Ground.NOT_SIGNED_IN,
        Ground.ADMINISTRATOR,
        Ground.PATIENT_ONLY,
        Ground.EXPORT_PATIENT_ONLY,
        Ground.MATRIX_NEVER,
        Ground.MATRIX_READ_ONLY,
    }
)

_EXPLANATIONS = {
    Ground.SYSTEM_DEPOSIT: _("Carnet filed a document that was brought to your record."),
    Ground.SYSTEM_REFUSED: _("A task of Carnet asked for something that tasks may not do."),
    Ground.NOT_SIGNED_IN: _("Nobody sees anything without signing in."),
    Ground.ADMINISTRATOR: _("Administrators never see the content of a record."),
    Ground.PATIENT_ONLY: _("This category is yours alone: nobody else can see it."),
    Ground.EXPORT_PATIENT_ONLY: _("Only you can take your record away."),
    Ground.MATRIX_NEVER: _("This profession never has access to this category, whatever you choose."),
    Ground.MATRIX_READ_ONLY: _("This profession can read this category but never add to it."),
    Ground.OWN_DOSSIER: _("This is your own record."),
    Ground.OPPOSED_PERSON: _("You are opposed to this person seeing your record."),
    Ground.OPPOSED_ORGANISATION: _("You are opposed to this organisation seeing your record."),
    Ground.OPPOSED_AUTHOR: _("You are opposed to this person seeing what this author wrote."),
    Ground.MASKED: _("You have hidden this document."),
    Ground.EMERGENCY: _("An emergency access was open, with a reason and for a few minutes."),
    Ground.CHOICE_PERSON_CLOSED: _("You closed this category to this person."),
    Ground.CHOICE_PERSON_OPEN: _("You opened this category to this person."),
    Ground.CHOICE_TEAM_CLOSED: _("You closed this category to this person's team."),
    Ground.CHOICE_TEAM_OPEN: _("You opened this category to this person's team."),
    Ground.CHOICE_PROFESSION_CLOSED: _("You closed this category to this profession."),
    Ground.CHOICE_PROFESSION_OPEN: _("You opened this category to this profession."),
    Ground.EMERGENCY_ROUTE_ONLY: _("This profession reaches a record only in an emergency."),
    Ground.ON_CONSENT: _("This category stays closed to this profession until you open it."),
    Ground.DEFAULT_OPEN: _("This person takes care of you, and this profession sees this category by default."),
    Ground.NOT_OWNER: _("This record belongs to somebody else."),
    Ground.NO_RELATIONSHIP: _("This person does not take care of you."),
    Ground.RELATIONSHIP: _("This person takes care of you."),
    Ground.EMERGENCY_CLOSED: _("This profession cannot open an emergency access."),
}
