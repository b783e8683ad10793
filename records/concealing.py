"""Leaving out of a history what its reader may not know of.

A result held for a visit, a minor's secret, a category hidden from one's own screens: none of them may show by the
line that tells of it. Nothing is deleted: the line comes back with the right to know. Plain functions inside the open
transaction of a door.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from audit.actor import Actor, Role
from audit.events import Event
from audit.log import LoggedEntry
from consent.ages import Age
from consent.categories import Category
from consent.decisions import Facts, Ground, Right, decide
from consent.declaring import Lookup, declared, find
from consent.facts import load_facts
from consent.models import Disclosure
from records.dossiers import Entered
from records.listing import decide_record, marks_of
from records.models import Record

_DISCLOSING = frozenset({Event.DISCLOSURE_MADE.dotted, Event.DISCLOSURE_DEFERRED.dotted})


def known_entries(entered: Entered, entries: Sequence[LoggedEntry]) -> list[LoggedEntry]:
    """The entries about this dossier that its patient, or somebody who acts for them, may read, in their order.

    A professional reads their own acts elsewhere; before a dossier they read none.
    """
    if not (entered.facts.is_own or entered.facts.represents):
        return []
    objects = {entry.object_id for entry in entries if entry.object_id is not None}
    unknown = _unknown_records(entered, objects) | _untold(entered.facts, objects)
    return [entry for entry in entries if entry.object_id not in unknown and _may_know(entered.facts, entry)]


def may_announce(record_id: UUID) -> bool:
    """Whether a letter may tell the patient that this record is there: not while it is held back from them, nor from
    a category that they hide from their own screens.
    """
    with declared():
        find(Lookup.RECORD, record_id)
        rows = Record.objects.filter(id=record_id).select_related("dossier")
        row = rows.defer("header", "body", "source_digest").first()
        if row is None or row.dossier.account_id is None:
            return True
        facts = load_facts(Actor(id=row.dossier.account_id, role=Role.PATIENT), row.dossier.ref)
    return decide(facts, category=Category(row.category), right=Right.READ, marks=marks_of(row)).allowed


def _unknown_records(entered: Entered, ids: Iterable[UUID]) -> set[UUID]:
    rows = Record.objects.filter(id__in=list(ids), dossier_id=entered.ref.id).defer("header", "body", "source_digest")
    return {row.id for row in rows if not decide_record(entered, row).allowed}


def _untold(facts: Facts, ids: Iterable[UUID]) -> set[UUID]:
    """Lawful disclosures of which this reader is not told, or not yet."""
    rows = Disclosure.objects.filter(id__in=list(ids)).values_list("id", "visible_from", "implicated")
    return {id_ for id_, since, implicated in rows if facts.at < since or (implicated and not facts.is_own)}


def _may_know(facts: Facts, entry: LoggedEntry) -> bool:
    if entry.event == Event.DISCRETION_CHANGED.dotted:
        return facts.is_own and (facts.fresh or not facts.discreet)
    if not entry.category and not facts.is_own and facts.age is Age.FROM_15:
        # From fifteen on, who takes care of a minor is a secret of theirs too: a midwife's name would tell.
        return entry.role == Role.PATIENT.value or entry.event.startswith("emergency.")
    if not entry.category:
        # Acts about the record as a whole; what one's own settings are is no business of who acts for the patient.
        return facts.is_own or entry.event not in _DISCLOSING
    decision = decide(facts, category=Category(entry.category), right=Right.READ)
    if not decision.allowed:
        return False
    # Of a guarded drawer, guardians know what was opened to them, and no more: neither who read it nor who asked.
    return decision.ground is not Ground.REPRESENTATIVE_OPENED or (entry.object_id is not None and _is_record(entry))


def _is_record(entry: LoggedEntry) -> bool:
    return entry.event.startswith("record.")
