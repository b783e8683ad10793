"""Comparing the documents with what the log says was sealed: rows always, the objects of the store when asked to.

Each sealing of a document left SHA-256 of its sealed bytes in the log, a rotation's too: an object put back with its
row from an older backup opens without an error, and shows here. Nothing is unsealed.
"""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction

from audit.events import Event
from audit.writes import entries_of_writes
from consent.declaring import over_every_dossier
from records.comparing import Comparison, Difference
from records.models import Document
from records.stores import Store, documents_store
from records.vault.cipher import Unreadable

_SEALINGS = (Event.FILE_RECEIVED, Event.FILE_KEPT, Event.KEY_RESEALED)
_PIECE = 1024 * 1024


def compare_documents(*, objects: bool = False) -> Comparison:
    """Compare every document with the last sealing that the log tells of it, in one snapshot.

    Args:
        objects: read and digest every object of the store as well.

    Raises:
        audit.log.Altered: an entry no longer says what was signed; verify the log first.
        StoreAway: the store cannot be used now.
        RuntimeError: called inside a transaction.
    """
    found, kept = Comparison(), list[tuple[UUID, str, bytes]]()
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        sealed = {
            entry.object_id: (entry.key_version or 0, entry.digest)
            for entry in entries_of_writes(_SEALINGS)
            if entry.object_id is not None
        }
        with over_every_dossier():
            for row in Document.objects.defer("label").iterator(chunk_size=500):
                written = sealed.pop(row.id, None)
                if row.removed_at is None:
                    found.compared += 1
                    _compare(row, written, found)
                    kept.append((row.id, row.stored_as, bytes(row.digest)))
        for document_id in sealed:
            found.add(Difference.GONE, document_id)
    # Outside of the snapshot, which would be held for as long as the store takes.
    for document_id, name, digest in kept if objects else ():
        _compare_object(documents_store(), document_id, name, digest, found)
    return found


def _compare(row: Document, written: tuple[int, bytes] | None, found: Comparison) -> None:
    if written is None:
        found.add(Difference.UNLOGGED, row.id)
    elif row.key_version < written[0]:
        found.add(Difference.ROLLED_BACK, row.id)
    elif (row.key_version, bytes(row.digest)) != written:
        found.add(Difference.ALTERED, row.id)


def _compare_object(store: Store, document_id: UUID, name: str, digest: bytes, found: Comparison) -> None:
    try:
        stored = store.open_stored(name)
    except Unreadable:
        # Turned or taken out since the snapshot, it has another name or none.
        with over_every_dossier():
            is_there = Document.objects.filter(id=document_id, stored_as=name).exists()
        if is_there:
            found.add(Difference.GONE, document_id)
        return
    seen = sha256()
    try:
        for start in range(0, stored.size, _PIECE):
            seen.update(stored.read(start, min(start + _PIECE, stored.size)))
    finally:
        stored.close()
    if seen.digest() != digest:
        found.add(Difference.ALTERED, document_id)
