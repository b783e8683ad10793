"""The sealed bytes of documents: opening them where they belong, sealing them again, the labels beside them.

Plain functions for the doors of this room. Whatever the size, a few segments are in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from records.labels import Label
from records.models import Document
from records.patient_keys import PatientKeys, SealingKeys
from records.stores import Stored, documents_store
from records.vault.cipher import Flaw, Subkeys, Unreadable
from records.vault.digesting import RunningDigest
from records.vault.document import open_document, seal_document
from records.vault.envelope import Place
from records.vault.stream import StreamReader


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """An object of the store that no row names yet, with the subkeys that open it."""

    name: str
    size: int
    digest: bytes
    keys: Subkeys

    def __repr__(self) -> str:
        return "<Sealed>"


def place_of(row: Document, category: str = "") -> Place:
    """Where the sealed bytes of a document open."""
    return Place("document", row.dossier_id, category or row.category, row.id, row.revision)


def open_object(keys: PatientKeys, row: Document) -> tuple[StreamReader, Stored]:
    """The bytes of a document, and what to close afterwards.

    Raises:
        Unreadable: the object is gone, has another size than its row says, or does not open here.
        StoreAway: the store cannot be used now.
    """
    stored = documents_store().open_stored(row.stored_as)
    try:
        if stored.size != row.sealed_size:
            raise Unreadable(Flaw.LENGTH)
        by_version = partial(keys.subkeys, "document", row.category)
        return open_document(by_version, place_of(row), stored.read, stored.size), stored
    except BaseException:
        stored.close()
        raise


def seal_object(reader: StreamReader, keys: Subkeys, place: Place) -> Sealed:
    """Seal what a reader opens once more, into a new object that lasts when this returns.

    Raises:
        Unreadable: a segment does not open; the new object is gone again.
        StoreAway: the store cannot be used now.
    """
    written = documents_store().begin()
    digest, size = RunningDigest(), 0

    def take(piece: bytes | bytearray | memoryview) -> None:
        nonlocal size
        digest.update(piece)
        size += len(piece)
        written.write(piece)

    try:
        writer = seal_document(keys, place, take)
        for piece in reader.pieces():
            writer.write(piece)
        writer.close()
        written.close()
    except BaseException:
        written.abandon()
        raise
    return Sealed(written.name, size, digest.digest(), keys)


def reseal_object(sealed: Sealed, keys: Subkeys, place: Place) -> Sealed:
    """The same document under other subkeys, in a new object.

    Raises:
        Unreadable, StoreAway: as of :func:`seal_object`.
    """
    stored = documents_store().open_stored(sealed.name)
    try:
        reader = open_document(lambda _version: sealed.keys, place, stored.read, stored.size)
        return seal_object(reader, keys, place)
    finally:
        stored.close()


def seal_label(keys: SealingKeys, document_id: UUID, category: str, label: Label) -> bytes:
    """A label sealed beside its document. Kept with a record it has another revision than staged."""
    revision = 0 if label.record is None else 1
    return keys.seal("header", document_id, revision, label.to_bytes(), category=category)


def open_label(keys: PatientKeys, row: Document) -> Label:
    """The label of a document.

    Raises:
        Unreadable: it does not open here, or names another record than its row.
    """
    revision = 0 if row.record_id is None else 1
    try:
        label = Label.from_bytes(keys.open_("header", row.id, revision, row.label, category=row.category))
    except (ValueError, KeyError):
        raise Unreadable(Flaw.CONTENT) from None
    if label.record != row.record_id:
        raise Unreadable(Flaw.CONTENT)
    return label
