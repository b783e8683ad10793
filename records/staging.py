"""The door through which a document that was sealed while it came in becomes a record: looked into, cleaned, filed.

It is opened in memory for the one process that reads it. Kept as it came, its sealed bytes stay where they are;
cleaned, or made of another format, they go when the record is filed.
"""

from __future__ import annotations

from uuid import UUID

from audit.actor import Actor
from consent.declaring import declared
from records.attaching import Staged
from records.dossiers import Unknown as Unknown
from records.exchange import ImportReport, import_bundle
from records.formats.fhir.bundle import Bundle, Unreadable
from records.formats.files import MAX_BYTES, read_bytes
from records.formats.papers import About
from records.formats.sentences import sentence_of
from records.models import Document, PatientKey
from records.patient_keys import PatientKeys
from records.scanning import scan
from records.sealed_objects import open_object


def import_staged(*, actor: Actor, dossier_id: UUID, document_id: UUID, name: str, about: About) -> ImportReport:
    """File a document that this actor staged, all or nothing.

    Args:
        name: what its sender calls it.
        about: what they say of it.

    Raises:
        Unreadable: it cannot be taken in: malformed, hostile, too large, about somebody else.
        Unknown: there is no such document of this actor in this dossier.
        Refused: the actor may not deposit in one of the drawers.
        StoreAway: the store cannot be used now.
    """
    with declared(dossier_id):
        row = Document.objects.filter(
            id=document_id, dossier_id=dossier_id, record=None, removed_at=None, uploader=actor.id
        ).first()
    if row is None:
        raise Unknown
    staged = Staged(row.id, _content(row))

    def read() -> Bundle:
        scan(staged.content)
        return read_bytes(staged.content, name, about)

    return import_bundle(actor=actor, source=read, dossier_id=dossier_id, staged=staged)


def _content(row: Document) -> bytes:
    """The bytes of a staged document, whose owner is about to file it."""
    if row.sealed_size > 2 * MAX_BYTES:
        raise Unreadable(sentence_of("too-large", {"size": row.sealed_size // 2**20, "ceiling": MAX_BYTES // 2**20}))
    with declared(row.dossier_id):
        keys = PatientKeys(row.dossier_id, PatientKey.objects.filter(dossier_id=row.dossier_id))
    reader, stored = open_object(keys, row)
    try:
        return b"".join(reader.pieces())
    finally:
        stored.close()
