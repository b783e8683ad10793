"""What a letter can be about, by which ways it may leave, and how urgent it is.

Pure: the engine (``deliveries``), the preferences and the wording all read this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Urgency(StrEnum):
    """How long a letter may wait; the values are the names of the queues, the most urgent first."""

    EMERGENCY = "emergency"
    DEFAULT = "default"
    BULK = "bulk"


class Channel(StrEnum):
    """A way out of the house. The in-app centre needs none: a ``Letter`` is what it shows."""

    MAIL = "mail"
    SMS = "sms"


class Kind(models.TextChoices):
    """What a letter can say. The words are neutral on purpose: anyone may glance at the screen."""

    FIRST_ACCESS = "first_access", _("A professional opened your record for the first time.")
    ACCESS = "access", _("A professional opened your record.")
    EMERGENCY = "emergency", _("Your record was opened in an emergency.")
    EMERGENCY_OF_PATIENT = "emergency_of_patient", _("A record that you follow was opened in an emergency.")
    NEW_DOCUMENT = "new_document", _("Something was added to your record.")
    CONSENT_ENDING = "consent_ending", _("Something that you share ends soon.")
    ACCESS_REQUESTED = "access_requested", _("A professional asks you to share more with them.")
    NEW_DEVICE = "new_device", _("Somebody signed in to your account from a new device.")
    SECURITY_CHANGED = "security_changed", _("The way you sign in or your address was changed.")
    ADDRESS_ASKED = "address_asked", _("Another address for your letters waits for its code.")
    RECOVERY_ASKED = "recovery_asked", _("Somebody asked to come into your account again without all its proofs.")
    EXPORT_READY = "export_ready", _("The copy of your record is ready.")
    KEY_TURNED = "key_turned", _("The protection of your record was renewed.")
    CASE_OPENED = "case_opened", _("Somebody does not recognise one of your accesses. Your explanation is awaited.")
    CASE_DUE = "case_due", _("The time to explain one of your accesses is ending.")
    CASE_CONCLUDED = "case_concluded", _("The check that concerns your record has ended.")
    CORRECTION_ASKED = "correction_asked", _("Somebody asks you to put right something that you wrote.")
    CORRECTION_ANSWERED = "correction_answered", _("What you asked to be put right was answered.")
    REQUEST_ANSWERED = "request_answered", _("Somebody answered what you had asked of them.")
    UNSEALING = "unsealing", _("The house looked up who an act in its log is about, and it is you.")
    MESSAGE_ANSWERED = "message_answered", _("We looked at the message that you reported.")
    STATEMENT = "statement", _("Your monthly statement is ready.")

    @property
    def traits(self) -> Traits:
        """How urgent it is and whether its reader may switch it off."""
        return _TRAITS[self]


@dataclass(frozen=True, slots=True)
class Traits:
    """The rules of one kind."""

    urgency: Urgency
    can_be_switched_off: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One way a letter shall leave: not before then, alone or in one message with the others that wait."""

    channel: Channel
    not_before: datetime
    grouped: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """What leaves: a subject (mail only), a text, and for mail perhaps the same text as HTML."""

    text: str
    subject: str = ""
    html: str = ""

    def __repr__(self) -> str:
        return "<Message>"


_TRAITS = {
    Kind.FIRST_ACCESS: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.ACCESS: Traits(Urgency.BULK, can_be_switched_off=True),
    Kind.EMERGENCY: Traits(Urgency.EMERGENCY, can_be_switched_off=False),
    Kind.EMERGENCY_OF_PATIENT: Traits(Urgency.EMERGENCY, can_be_switched_off=False),
    Kind.NEW_DOCUMENT: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.CONSENT_ENDING: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.ACCESS_REQUESTED: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.NEW_DEVICE: Traits(Urgency.EMERGENCY, can_be_switched_off=False),
    Kind.SECURITY_CHANGED: Traits(Urgency.EMERGENCY, can_be_switched_off=False),
    Kind.ADDRESS_ASKED: Traits(Urgency.EMERGENCY, can_be_switched_off=False),
    Kind.RECOVERY_ASKED: Traits(Urgency.EMERGENCY, can_be_switched_off=False),
    Kind.EXPORT_READY: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.KEY_TURNED: Traits(Urgency.BULK, can_be_switched_off=True),
    # A duty of professionals towards the person who asks.
    Kind.CASE_OPENED: Traits(Urgency.DEFAULT, can_be_switched_off=False),
    Kind.CASE_DUE: Traits(Urgency.DEFAULT, can_be_switched_off=False),
    Kind.CASE_CONCLUDED: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    # It waits on their first page, with its deadline, whether or not a letter tells of it.
    Kind.CORRECTION_ASKED: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.CORRECTION_ANSWERED: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.REQUEST_ANSWERED: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.UNSEALING: Traits(Urgency.DEFAULT, can_be_switched_off=False),
    Kind.MESSAGE_ANSWERED: Traits(Urgency.DEFAULT, can_be_switched_off=True),
    Kind.STATEMENT: Traits(Urgency.BULK, can_be_switched_off=True),
}
