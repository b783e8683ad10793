"""Keeping a staged document with a record, and leaving one: plain functions for open transactions."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from audit.actor import Role
from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from consent.decisions import Refused
from records.labels import Label
from records.models import Document, FormerObject, Record
from records.sealed_objects import open_label, open_object, place_of, seal_label, seal_object
from records.writing import Filing


def keep_document(filing: Filing, document_id: UUID, record_id: UUID, *, media_type: str = "") -> None:
    """Keep a staged document with a record of the same dossier: whoever may read the one may read the other.

    A document that came into another drawer than the record's is sealed again for that drawer.

    Args:
        media_type: what it was found to be, when that is not what it was believed to be.

    Raises:
        Document.DoesNotExist: no such document is staged here by this actor.
        Record.DoesNotExist: no such record lies in the dossier being filed.
        Refused: the actor may not deposit in the drawer of the record.
        Unreadable: it does not open.
        StoreAway: the store cannot be used now.
    """
    record = Record.objects.only("id", "category").get(id=record_id, dossier_id=filing.ref.id)
    decision = filing.decision(Category(record.category))
    if not decision.allowed:
        raise Refused(decision)
    staged = Document.objects.select_for_update().filter(
        dossier_id=filing.ref.id, record=None, removed_at=None, id=document_id
    )
    if filing.actor.role is not Role.SYSTEM:
        staged = staged.filter(uploader=filing.actor.id)
    row = staged.get()
    label = open_label(filing.keys, row)
    if (row.category, row.key_version) != (record.category, filing.keys.version):
        _seal_again(filing, row, record.category)
    row.record = record
    row.label = seal_label(
        filing.keys,
        row.id,
        row.category,
        Label(name=label.name, media_type=media_type or label.media_type, record=record.id),
    )
    row.save(update_fields=["record", "label", "category", "stored_as", "sealed_size", "digest", "key_version"])
    append(
        Event.FILE_KEPT,
        actor=filing.actor,
        outcome=Outcome.ALLOWED,
        dossier=filing.ref.pseudonym,
        category=row.category,
        object_id=row.id,
        ground=decision.ground,
        choice=decision.choice,
        matrix=decision.matrix,
        digest=bytes(row.digest),
        revision=row.revision,
        key_version=row.key_version,
        facts={"record": record.id},
    )


def leave_object(name: str) -> None:
    """No row names this object any more: the sweep deletes it when nobody can be reading it."""
    FormerObject.objects.create(name=name)


def empty_row(row: Document) -> None:
    """Take a document out of the dossier: its row stays, with its dates; label and object go."""
    leave_object(row.stored_as)
    row.stored_as, row.label, row.sealed_size, row.removed_at = "", b"", 0, timezone.now()
    row.save(update_fields=["stored_as", "label", "sealed_size", "removed_at"])


def _seal_again(filing: Filing, row: Document, category: str) -> None:
    reader, stored = open_object(filing.keys, row)
    try:
        again = seal_object(
            reader, filing.keys.subkeys("document", category, filing.keys.version), place_of(row, category)
        )
    finally:
        stored.close()
    leave_object(row.stored_as)
    row.category, row.stored_as, row.sealed_size = category, again.name, again.size
    row.digest, row.key_version = again.digest, filing.keys.version
