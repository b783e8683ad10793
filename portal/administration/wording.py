"""The words in which the log is shown to administrators: of acts and reasons, never of a person (pure).

The grounds' own explanations speak to the patient ("You closed…"); these speak of them. A name that
this file does not know is shown as the log holds it: nothing disappears because a word is missing.
"""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.actor import Role
from audit.events import Event, Outcome
from consent.categories import Category
from consent.grounds import Ground
from consent.models import Purpose, ReasonCode
from consent.professions import profession_label

OUTCOMES = {
    Outcome.ALLOWED: _("Allowed"),
    Outcome.REFUSED: _("Refused"),
    Outcome.DONE: _("Done"),
    Outcome.FAILED: _("Failed"),
}
_ROLES = {
    Role.PATIENT: _("Patient"),
    Role.PROFESSIONAL: _("Professional"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.ADVISER: _("Adviser"),
    Role.SYSTEM: _("Carnet itself"),
    Role.ANONYMOUS: _("Visitor"),
}
_GROUNDS = {
    Ground.SYSTEM_DEPOSIT: _("Filed by the house"),
    Ground.SYSTEM_REFUSED: _("Not for tasks of the house"),
    Ground.NOT_SIGNED_IN: _("Not signed in"),
    Ground.ADMINISTRATOR: _("Closed to administrators"),
    Ground.PATIENT_ONLY: _("Category of the patient alone"),
    Ground.EXPORT_PATIENT_ONLY: _("Export is for the patient"),
    Ground.MATRIX_NEVER: _("Never open to this profession"),
    Ground.MATRIX_READ_ONLY: _("Read only for this profession"),
    Ground.OWN_DOSSIER: _("Own record"),
    Ground.OPPOSED_PERSON: _("Opposition to this person"),
    Ground.OPPOSED_ORGANISATION: _("Opposition to this organisation"),
    Ground.OPPOSED_AUTHOR: _("Opposition about an author"),
    Ground.MASKED: _("Hidden by the patient"),
    Ground.EMERGENCY: _("Emergency access"),
    Ground.CHOICE_PERSON_CLOSED: _("Closed to this person by choice"),
    Ground.CHOICE_PERSON_OPEN: _("Open to this person by choice"),
    Ground.CHOICE_TEAM_CLOSED: _("Closed to this team by choice"),
    Ground.CHOICE_TEAM_OPEN: _("Open to this team by choice"),
    Ground.CHOICE_PROFESSION_CLOSED: _("Closed to this profession by choice"),
    Ground.CHOICE_PROFESSION_OPEN: _("Open to this profession by choice"),
    Ground.EMERGENCY_ROUTE_ONLY: _("Only in an emergency"),
    Ground.ON_CONSENT: _("Waiting for the patient's choice"),
    Ground.DEFAULT_OPEN: _("Care relationship, open by default"),
    Ground.DELEGATION_OVER: _("Delegation over"),
    Ground.DELEGATION_SCOPE: _("Not in the delegation"),
    Ground.HELD: _("Held for a visit"),
    Ground.DISCREET: _("Hidden from one's own screens"),
    Ground.REPRESENTATION_AGE: _("Representative, no longer at this age"),
    Ground.REPRESENTATION_SCOPE: _("Representative, not for this category"),
    Ground.MINOR_SECRET: _("Kept from guardians"),
    Ground.REPRESENTATIVE_OPENED: _("Opened to the representative"),
    Ground.REPRESENTATIVE: _("Representative of the patient"),
    Ground.HIDDEN_NEW: _("New document hidden by default"),
    Ground.CHOICE_NEWCOMER_CLOSED: _("Closed to newcomers by choice"),
    Ground.EMERGENCY_CLOSED: _("Nothing to open in an emergency"),
    Ground.EMERGENCY_SWITCHED_OFF: _("Emergency access switched off by the patient"),
    Ground.NOT_OWNER: _("Record of somebody else"),
    Ground.NO_RELATIONSHIP: _("No care relationship"),
    Ground.RELATIONSHIP: _("Care relationship"),
    Ground.REVIEWING: _("Reviewing doctor of the organisation"),
}

# As what a patient read their own lines.
_READINGS = {"statement": _("Monthly statement"), "proof": _("Proof file")}


def event_label(dotted: str) -> str:
    """What happened."""
    try:
        return str(capfirst(gettext(Event.named(dotted).meaning)))
    except KeyError:
        return dotted


def outcome_label(outcome: str) -> str:
    """How it ended."""
    return str(OUTCOMES[Outcome(outcome)]) if outcome in set(Outcome) else outcome


def who_label(role: str, profession: str) -> str:
    """The side on which somebody stood, by profession where there is one."""
    if profession:
        return profession_label(profession)
    return str(_ROLES[Role(role)]) if role in set(Role) else role


def category_label(category: str) -> str:
    """The drawer, empty when the act was about none."""
    return Category(category).label if category in set(Category) else category


def ground_label(ground: str) -> str:
    """Why it was allowed or refused, empty when nothing was decided."""
    return str(_GROUNDS.get(Ground(ground), ground)) if ground in set(Ground) else ground


def purpose_label(purpose: str) -> str:
    """The reason of an emergency or the purpose of a request, empty when there was none."""
    if purpose in _READINGS:
        return str(_READINGS[purpose])
    for known in (ReasonCode, Purpose):
        if purpose in set(known):
            return known(purpose).label
    return purpose
