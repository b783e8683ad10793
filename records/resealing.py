"""Giving a document the key in force: a new object, then the swap in its row, then the old one's leave.

The copy is made outside of any transaction, since it may be long; the swap holds the share lock of every writer and
finds the row as it was read, or changes nothing. Killed anywhere, it leaves an object that no row names, for the sweep.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from consent.declaring import Lookup, declared, find
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.keeping import leave_object
from records.models import Document, Dossier, PatientKey
from records.patient_keys import PatientKeys, WritingKeys
from records.sealed_objects import Sealed, open_label, open_object, place_of, seal_label, seal_object
from records.stores import StoreAway, documents_store
from records.vault.cipher import Subkeys, Unreadable

__all__ = ["Unknown", "documents_behind", "reseal_document", "reseal_documents"]

_log = logging.getLogger("carnet.records")


def documents_behind(dossier_id: UUID) -> list[UUID]:
    """The documents of a dossier that lie under another key than the one in force."""
    with declared(dossier_id):
        dossier = Dossier.objects.filter(id=dossier_id, closed_at=None).only("active_key_version").first()
        if dossier is None:
            return []
        lying = Document.objects.filter(dossier_id=dossier_id, removed_at=None)
        behind = lying.filter(key_version__lt=dossier.active_key_version)
        return list(behind.order_by("id").values_list("id", flat=True))


def reseal_documents(
    dossier_id: UUID,
    *,
    share: float = 1.0,
    until: float | None = None,
    progress: Callable[[int], None] = lambda _documents: None,
) -> int:
    """Seal every document of a dossier again under the key in force, one after the other; how many.

    Args:
        share: how much of the time may be spent working, above 0 and at most 1.
        until: when to stop, on the clock of ``time.monotonic``.
        progress: told of each document.
    """
    house, done = Actor.system(SystemTask.ROTATION), 0
    for document_id in documents_behind(dossier_id):
        if until is not None and time.monotonic() >= until:
            break
        started = time.monotonic()
        try:
            moved = reseal_document(actor=house, document_id=document_id)
        except (StoreAway, Unreadable):
            # It keeps its key from being destroyed; the others go on.
            _log.error("a document could not be sealed again and keeps its old key", extra={"task": "key.resealed"})
            continue
        if moved:
            done += 1
            progress(1)
            time.sleep((time.monotonic() - started) * (1 / share - 1))
    return done


def reseal_document(*, actor: Actor, document_id: UUID) -> bool:
    """Seal one document again under the key in force. The house only; whether it was done.

    Raises:
        Unknown: there is no such document for this actor.
        Unreadable: it does not open; nothing has changed.
        StoreAway: the store cannot be used now; nothing has changed.
    """
    attempt = Attempt(actor, Event.KEY_RESEALED, object_id=document_id)
    row, keys, subkeys = through(attempt, partial(_read, document_id=document_id))
    if row.key_version >= subkeys.key_version:
        return False
    reader, stored = open_object(keys, row)
    try:
        again = seal_object(reader, subkeys, place_of(row))
    finally:
        stored.close()
    # Lost on the way to the commit, nobody knows whether a row names the new object: only the sweep removes it then.
    swapped = through(attempt, partial(_swap, seen=row, again=again))
    if not swapped:
        with suppress(StoreAway):
            documents_store().remove(again.name)
    return swapped


def _read(attempt: Attempt, *, document_id: UUID) -> tuple[Document, PatientKeys, Subkeys] | Exception:
    find(Lookup.DOCUMENT, document_id)
    row = Document.objects.filter(id=document_id, removed_at=None).select_related("dossier").first()
    if row is None or row.dossier.closed_at is not None or attempt.actor.task is not SystemTask.ROTATION:
        return attempt.unknown()
    attempt.ref, attempt.category = row.dossier.ref, row.category
    keys = PatientKeys(row.dossier_id, PatientKey.objects.filter(dossier_id=row.dossier_id))
    return row, keys, keys.subkeys("document", row.category, row.dossier.active_key_version)


def _swap(attempt: Attempt, *, seen: Document, again: Sealed) -> bool:
    keys = WritingKeys(seen.dossier_id)
    row = Document.objects.select_for_update().filter(id=seen.id, stored_as=seen.stored_as, category=seen.category)
    found = row.select_related(None).first()
    if found is None or keys.version != again.keys.key_version:
        return False
    label = open_label(keys, found)
    leave_object(found.stored_as)
    found.label = seal_label(keys, found.id, found.category, label)
    found.stored_as, found.sealed_size, found.digest = again.name, again.size, again.digest
    found.key_version = keys.version
    found.save(update_fields=["label", "stored_as", "sealed_size", "digest", "key_version"])
    append(
        Event.KEY_RESEALED,
        actor=attempt.actor,
        dossier=seen.dossier.pseudonym,
        category=found.category,
        object_id=found.id,
        digest=again.digest,
        revision=found.revision,
        key_version=keys.version,
        facts={"rows": 1},
    )
    return True
