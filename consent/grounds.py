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
    DELEGATION_OVER = "delegation_over"
    DELEGATION_SCOPE = "delegation_scope"
    MATRIX_NEVER = "matrix_never"
    MATRIX_READ_ONLY = "matrix_read_only"
    # 2, own dossier, and those who act for the patient
    HELD = "held"
    DISCREET = "discreet"
    OWN_DOSSIER = "own_dossier"
    REPRESENTATION_AGE = "representation_age"
    REPRESENTATION_SCOPE = "representation_scope"
    MINOR_SECRET = "minor_secret"  # noqa: S105 - a word, no secret  # nosec B105
    REPRESENTATIVE_OPENED = "representative_opened"
    REPRESENTATIVE = "representative"
    # 3, what the patient opposes or hides
    OPPOSED_PERSON = "opposed_person"
    OPPOSED_ORGANISATION = "opposed_organisation"
    OPPOSED_AUTHOR = "opposed_author"
    MASKED = "masked"
    HIDDEN_NEW = "hidden_new"
    # 4, emergency
    EMERGENCY = "emergency"
    # 5, choices of the patient, the most precise first
    CHOICE_PERSON_CLOSED = "choice_person_closed"
    CHOICE_PERSON_OPEN = "choice_person_open"
    CHOICE_TEAM_CLOSED = "choice_team_closed"
    CHOICE_TEAM_OPEN = "choice_team_open"
    CHOICE_PROFESSION_CLOSED = "choice_profession_closed"
    CHOICE_PROFESSION_OPEN = "choice_profession_open"
    CHOICE_NEWCOMER_CLOSED = "choice_newcomer_closed"
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
    EMERGENCY_SWITCHED_OFF = "emergency_switched_off"
    # the reason of an emergency, not the dossier
    REVIEWING = "reviewing"

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
        Ground.DELEGATION_OVER,
        Ground.DELEGATION_SCOPE,
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
    Ground.DELEGATION_OVER: _("This person no longer acts in the name of a professional who takes care of you."),
    Ground.DELEGATION_SCOPE: _(
        "The professional in whose name this person acts did not entrust this category to them."
    ),
    Ground.MATRIX_NEVER: _("This profession never has access to this category, whatever you choose."),
    Ground.MATRIX_READ_ONLY: _("This profession can read this category but never add to it."),
    Ground.OWN_DOSSIER: _("This is your own record."),
    Ground.HELD: _("A professional wants to explain this result at a visit before it appears."),
    Ground.DISCREET: _("This category is hidden from your screens until you confirm who you are."),
    Ground.REPRESENTATION_AGE: _("At this age, this person can no longer act in the patient's name."),
    Ground.REPRESENTATION_SCOPE: _("This person acts in the patient's name, but not for this category."),
    Ground.MINOR_SECRET: _("This stays between the minor and those who treat them."),
    Ground.REPRESENTATIVE_OPENED: _("This person sees here only what was expressly opened to them."),
    Ground.REPRESENTATIVE: _("This person acts in the patient's name."),
    Ground.OPPOSED_PERSON: _("You are opposed to this person seeing your record."),
    Ground.OPPOSED_ORGANISATION: _("You are opposed to this organisation seeing your record."),
    Ground.OPPOSED_AUTHOR: _("You are opposed to this person seeing what this author wrote."),
    Ground.MASKED: _("You have hidden this document."),
    Ground.HIDDEN_NEW: _("You chose that new documents stay hidden until you show them."),
    Ground.EMERGENCY: _("An emergency access was open, with a reason and for a few minutes."),
    Ground.CHOICE_PERSON_CLOSED: _("You closed this category to this person."),
    Ground.CHOICE_PERSON_OPEN: _("You opened this category to this person."),
    Ground.CHOICE_TEAM_CLOSED: _("You closed this category to this person's team."),
    Ground.CHOICE_TEAM_OPEN: _("You opened this category to this person's team."),
    Ground.CHOICE_PROFESSION_CLOSED: _("You closed this category to this profession."),
    Ground.CHOICE_PROFESSION_OPEN: _("You opened this category to this profession."),
    Ground.CHOICE_NEWCOMER_CLOSED: _("You chose that this category stays closed to professionals who are new to you."),
    Ground.EMERGENCY_ROUTE_ONLY: _("This profession reaches a record only in an emergency."),
    Ground.ON_CONSENT: _("This category stays closed to this profession until you open it."),
    Ground.DEFAULT_OPEN: _("This person takes care of you, and this profession sees this category by default."),
    Ground.NOT_OWNER: _("This record belongs to somebody else."),
    Ground.NO_RELATIONSHIP: _("This person does not take care of you."),
    Ground.RELATIONSHIP: _("This person takes care of you."),
    Ground.EMERGENCY_CLOSED: _("This profession cannot open an emergency access."),
    Ground.EMERGENCY_SWITCHED_OFF: _("You chose that this profession cannot open your record in an emergency."),
    Ground.REVIEWING: _(
        "A doctor of that organisation checks why records are opened in an emergency; yours stayed closed to them."
    ),
}
