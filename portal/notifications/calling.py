"""Which entries of the log call for a letter (pure): the table from events to kinds."""

from __future__ import annotations

from uuid import UUID

from audit.actor import Role
from audit.events import Event, Outcome
from audit.log import LoggedEntry
from portal.notifications.kinds import Kind

OPENINGS = frozenset(
    {
        Event.DOSSIER_OPENED.dotted,
        Event.CATEGORY_READ.dotted,
        Event.RECORD_READ.dotted,
        Event.DOSSIER_SEARCHED.dotted,
        Event.SUMMARY_READ.dotted,
    }
)
# What is held for a visit is told of when it is released, not before.
OF_A_RECORD = frozenset({Event.RECORD_CREATED.dotted, Event.RECORD_RELEASED.dotted})
# Their object is the account: an administrator may have acted, and its owner is the one to tell.
_NAME_THE_ACCOUNT = frozenset(
    event.dotted
    for event in (
        Event.ACCOUNT_FACTOR_ADDED,
        Event.ACCOUNT_FACTOR_REMOVED,
        Event.ACCOUNT_PASSWORD_CHANGED,
        Event.ACCOUNT_RECOVERY_ASKED,
        Event.ACCOUNT_RECOVERED,
        Event.ACCOUNT_ROLE_CHANGED,
    )
)
# Their object is an address kept beside the one in force, to which the letter goes.
OF_AN_ADDRESS = frozenset({Event.CONTACT_CHANGED.dotted, Event.CONTACT_CHANGE_ASKED.dotted})
_HAPPENED = frozenset({Outcome.ALLOWED.value, Outcome.DONE.value})
ABOUT_A_DOSSIER = {
    Event.EMERGENCY_OPENED.dotted: Kind.EMERGENCY,
    Event.RECORD_CREATED.dotted: Kind.NEW_DOCUMENT,
    Event.RECORD_RELEASED.dotted: Kind.NEW_DOCUMENT,
    Event.IMPORT_DONE.dotted: Kind.NEW_DOCUMENT,
    Event.ACCESS_REQUESTED.dotted: Kind.ACCESS_REQUESTED,
    # A document is something more to share: the neutral words of a letter are the same.
    Event.PAPER_ASKED.dotted: Kind.ACCESS_REQUESTED,
    Event.CONSENT_ENDING.dotted: Kind.CONSENT_ENDING,
    Event.STATEMENT_READY.dotted: Kind.STATEMENT,
    Event.EXPORT_READY.dotted: Kind.EXPORT_READY,
    Event.KEY_RETIRED.dotted: Kind.KEY_TURNED,
    Event.CASE_CONCLUDED.dotted: Kind.CASE_CONCLUDED,
    Event.CORRECTION_DONE.dotted: Kind.CORRECTION_ANSWERED,
    Event.CORRECTION_REFUSED.dotted: Kind.CORRECTION_ANSWERED,
    Event.UNSEALING_DONE.dotted: Kind.UNSEALING,
}
ABOUT_AN_ACCOUNT = {
    Event.ACCOUNT_FACTOR_ADDED.dotted: Kind.SECURITY_CHANGED,
    Event.ACCOUNT_RECOVERY_USED.dotted: Kind.SECURITY_CHANGED,
    Event.ACCOUNT_RECOVERY_RENEWED.dotted: Kind.SECURITY_CHANGED,
    Event.ACCOUNT_FACTOR_REMOVED.dotted: Kind.SECURITY_CHANGED,
    Event.ACCOUNT_PASSWORD_CHANGED.dotted: Kind.SECURITY_CHANGED,
    Event.ACCOUNT_RECOVERY_ASKED.dotted: Kind.RECOVERY_ASKED,
    Event.ACCOUNT_RECOVERED.dotted: Kind.SECURITY_CHANGED,
    Event.ACCOUNT_ROLE_CHANGED.dotted: Kind.SECURITY_CHANGED,
    Event.CONTACT_CHANGED.dotted: Kind.SECURITY_CHANGED,
    Event.CONTACT_CHANGE_ASKED.dotted: Kind.ADDRESS_ASKED,
    Event.ACCOUNT_SIGNED_IN.dotted: Kind.NEW_DEVICE,
}
# Said of an account that the entry names among its facts, whoever acted.
ABOUT_A_NAMED_ACCOUNT = {
    Event.UNSEALING_DONE.dotted: Kind.UNSEALING,
    Event.CASE_OPENED.dotted: Kind.CASE_OPENED,
    Event.CASE_DUE.dotted: Kind.CASE_DUE,
    Event.CORRECTION_ASKED.dotted: Kind.CORRECTION_ASKED,
    Event.PAPER_BROUGHT.dotted: Kind.REQUEST_ANSWERED,
    Event.PAPER_DECLINED.dotted: Kind.REQUEST_ANSWERED,
    Event.MESSAGE_ANSWERED.dotted: Kind.MESSAGE_ANSWERED,
}
_PEOPLE = frozenset({Role.PATIENT.value, Role.PROFESSIONAL.value, Role.ADMINISTRATOR.value, Role.ANONYMOUS.value})


def kind_of(entry: LoggedEntry) -> Kind | None:
    """What the entry would tell the patient, before asking whether a reader is new.

    Acts of the patients themselves, attempts that were refused, and single records written by an
    import (whose end is told once) call for no letter.
    """
    if entry.dossier is None or str(entry.outcome) not in _HAPPENED or entry.role == Role.PATIENT.value:
        return None
    if entry.event in OPENINGS:
        return Kind.FIRST_ACCESS if entry.role == Role.PROFESSIONAL.value else None
    if entry.event == Event.RECORD_CREATED.dotted and entry.role != Role.PROFESSIONAL.value:
        return None
    if entry.event == Event.IMPORT_DONE.dotted and entry.role == Role.PROFESSIONAL.value:
        # The file that a professional added is told of by its record.
        return None
    return ABOUT_A_DOSSIER.get(entry.event)


def account_of(entry: LoggedEntry) -> UUID:
    """The account that :func:`account_kind_of` speaks of: whose letter it is."""
    if entry.event in ABOUT_A_NAMED_ACCOUNT:
        return UUID(entry.facts["account"])
    return entry.object_id if entry.event in _NAME_THE_ACCOUNT and entry.object_id else entry.actor


def account_kind_of(entry: LoggedEntry) -> Kind | None:
    """What the entry tells a person about their own account; what the house did by itself is not theirs."""
    if entry.event in ABOUT_A_NAMED_ACCOUNT:
        # The name of somebody without a record; a patient is told through theirs.
        through_record = entry.event == Event.UNSEALING_DONE.dotted and entry.dossier is not None
        return None if through_record or "account" not in entry.facts else ABOUT_A_NAMED_ACCOUNT[entry.event]
    if entry.role not in _PEOPLE or str(entry.outcome) not in _HAPPENED:
        return None
    kind = ABOUT_AN_ACCOUNT.get(entry.event)
    if kind is Kind.NEW_DEVICE:
        return kind if entry.facts.get("device") == "new" else None
    return kind
