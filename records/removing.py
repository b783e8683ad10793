"""The door through which a patient takes out what they brought themselves, or who acts for them brought.

The row stays, with its dates: the log speaks of it. What it said is sealed over with nothing, its files are left to the
sweep, and the same file may be brought again.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from consent.categories import Category
from consent.declaring import Lookup, find
from consent.granting import Invalid
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.dossiers import enter
from records.former import empty_former
from records.headers import Header
from records.keeping import empty_row
from records.listing import decide_record
from records.models import Document, Record
from records.writing import begin_filing, remember

_NOTHING = b"{}"


def remove_own(*, actor: Actor, record_id: UUID, confirmed: bool) -> Category:
    """Take out a record that the patient's side brought; the drawer where it lay.

    Raises:
        Unknown: there is no such record in a dossier of this actor's own, or no patient brought it.
        Invalid: it was not confirmed.
    """
    act = partial(_remove, record_id=record_id, confirmed=confirmed)
    return through(Attempt(actor, Event.RECORD_REMOVED, object_id=record_id), act)


def _remove(attempt: Attempt, *, record_id: UUID, confirmed: bool) -> Category | Exception:
    find(Lookup.RECORD, record_id)
    known = Record.objects.filter(id=record_id).defer("header", "body").first()
    entered = enter(attempt.actor, known.dossier_id) if known is not None else None
    if known is None or entered is None:
        return attempt.unknown()
    attempt.stand_before(entered)
    decision = decide_record(entered, known)
    own = entered.facts.is_own and known.author is None and known.brought_by is not None
    if not (own and decision.allowed):
        return attempt.unknown(decision)
    if not confirmed:
        return Invalid(_("Deleting a document cannot be undone. Confirm it."))
    # The share lock on the dossier comes before any row, as for whoever files.
    filing = begin_filing(actor=attempt.actor, ref=entered.ref)
    record = Record.objects.select_for_update().get(id=record_id)
    for row in Document.objects.select_for_update().filter(record_id=record_id, removed_at=None):
        empty_row(row)
    empty_former(filing.keys, record_id)
    blank = Header(kind="Basic", title="").to_bytes()
    record.revision += 1
    record.key_version = filing.keys.version
    record.header = filing.keys.seal("header", record.id, record.revision, blank, category=record.category)
    record.body = filing.keys.seal("record", record.id, record.revision, _NOTHING, category=record.category)
    record.removed_at, record.source_digest = timezone.now(), None
    record.save(update_fields=["revision", "key_version", "header", "body", "removed_at", "source_digest"])
    remember(filing, Event.RECORD_REMOVED, record, decision)
    return Category(record.category)
