"""Attaching files to a record while it is filed: a plain function for an open transaction.

The sealed bytes go into the store before the transaction ends: if it is rolled back, no row names them and the sweep
removes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID, uuid4

from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from records.formats.beside import File
from records.formats.fhir.bundle import Unreadable
from records.formats.sentences import sentence_of
from records.keeping import empty_row, keep_document
from records.labels import label_of
from records.models import Document
from records.receiving import room_left
from records.sealed_objects import Sealed, seal_label
from records.stores import documents_store
from records.vault.document import seal_document, sealed_size
from records.vault.envelope import Place
from records.writing import Filing

# Sealed at once: a segment of the format and more.
_PIECE = 1024 * 1024


@dataclass(slots=True, repr=False)
class Staged:
    """A document that was sealed while it came in, with its bytes: kept when a record needs it just as it came."""

    document_id: UUID
    content: bytes
    kept: bool = False

    def __repr__(self) -> str:
        return "<Staged>"


def drop_staged(filing: Filing, staged: Staged) -> None:
    """Take out a staged document that no record needed as it came."""
    row = Document.objects.select_for_update().get(id=staged.document_id, dossier_id=filing.ref.id, record=None)
    empty_row(row)
    append(
        Event.FILE_REMOVED,
        actor=filing.actor,
        outcome=Outcome.DONE,
        dossier=filing.ref.pseudonym,
        category=row.category,
        object_id=row.id,
        revision=row.revision,
        key_version=row.key_version,
    )


def attach_files(
    filing: Filing, record_id: UUID, category: Category, files: tuple[File, ...], staged: Staged | None = None
) -> None:
    """Seal these files and keep them with a record that is being filed, in place of any that it had.

    Args:
        staged: what was sealed already; a file with the same bytes is not sealed twice.

    Raises:
        Unreadable: the health record has no more room.
        StoreAway: the store cannot be used now.
    """
    for row in Document.objects.select_for_update().filter(record_id=record_id, removed_at=None):
        empty_row(row)
    if files and sum(sealed_size(len(file.content)) for file in files) > room_left(filing.ref.id):
        raise Unreadable(sentence_of("no-room", {}))
    for file in files:
        if staged is not None and not staged.kept and file.content == staged.content:
            keep_document(filing, staged.document_id, record_id, media_type=file.media_type)
            staged.kept = True
        else:
            _attach(filing, record_id, category, file)


def _attach(filing: Filing, record_id: UUID, category: Category, file: File) -> None:
    document_id = uuid4()
    sealed = _seal(filing, Place("document", filing.ref.id, category.value, document_id, 1), file.content)
    label = replace(label_of(file.name, file.media_type), record=record_id)
    row = Document.objects.create(
        id=document_id,
        dossier_id=filing.ref.id,
        record_id=record_id,
        category=category.value,
        label=seal_label(filing.keys, document_id, category.value, label),
        stored_as=sealed.name,
        sealed_size=sealed.size,
        digest=sealed.digest,
        key_version=filing.keys.version,
        uploader=filing.actor.id,
    )
    decision = filing.decision(category)
    append(
        Event.FILE_KEPT,
        actor=filing.actor,
        outcome=Outcome.ALLOWED,
        dossier=filing.ref.pseudonym,
        category=category.value,
        object_id=row.id,
        ground=decision.ground,
        choice=decision.choice,
        matrix=decision.matrix,
        digest=sealed.digest,
        revision=row.revision,
        key_version=row.key_version,
        facts={"record": record_id},
    )


def _seal(filing: Filing, place: Place, content: bytes) -> Sealed:
    keys = filing.keys.subkeys("document", place.category, filing.keys.version)
    written, digest, size = documents_store().begin(), sha256(), 0

    def take(piece: bytes | bytearray | memoryview) -> None:
        nonlocal size
        digest.update(piece)
        size += len(piece)
        written.write(piece)

    try:
        writer = seal_document(keys, place, take)
        for start in range(0, len(content), _PIECE):
            writer.write(content[start : start + _PIECE])
        writer.close()
        written.close()
    except BaseException:
        written.abandon()
        raise
    return Sealed(written.name, size, digest.digest(), keys)
