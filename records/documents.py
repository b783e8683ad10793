"""Doors to documents: opening one, a part at a time, and taking one out.

What a door hands out is opened piece by piece after its transaction, from sealed bytes whose frame and end were checked
inside it. Whoever takes it closes it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from audit.actor import Actor, Role, SystemTask
from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from consent.decisions import Decision, Right, decide
from consent.declaring import Lookup, find
from records.attempts import Attempt, through
from records.dossiers import Entered, enter
from records.dossiers import Unknown as Unknown
from records.keeping import empty_row
from records.listing import decide_record
from records.models import Document
from records.sealed_objects import open_label, open_object, place_of
from records.shown import Blunt
from records.stores import StoreAway as StoreAway
from records.stores import Stored
from records.vault.cipher import Subkeys
from records.vault.envelope import Place
from records.vault.stream import StreamReader
from records.vault.view import View

__all__ = ["OpenDocument", "StoreAway", "Unknown", "open_document", "remove_document"]


@dataclass(frozen=True, slots=True, repr=False)
class Handover(Blunt):
    """All that a process of its own needs to open one document: subkeys of one drawer, and sealed bytes."""

    keys: Subkeys
    place: Place
    stored: Stored


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OpenDocument(Blunt):
    """One document, open: read any part of it, then close it.

    :meth:`pieces` and :meth:`view` raise :class:`~records.vault.cipher.Unreadable` where a segment does not open, and
    ``StoreAway`` when the store is away: a page that was begun is then broken off, never ended as if it were whole.
    """

    document_id: UUID
    record_id: UUID | None
    category: Category
    name: str
    media_type: str
    length: int
    revision: int
    reader: StreamReader
    handover: Handover

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``stop``, piece by piece."""
        return self.reader.pieces(start, stop)

    def view(self) -> io.BufferedReader:
        """It as a file that can be read anywhere, in memory, for what runs in this process."""
        return io.BufferedReader(View(self.reader))

    def close(self) -> None:
        """Let go of the sealed bytes."""
        self.handover.stored.close()

    def __enter__(self) -> OpenDocument:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_document(*, actor: Actor, document_id: UUID) -> OpenDocument:
    """Open a document that is kept with a record this actor may read, or that they staged themselves.

    Raises:
        Unknown: there is no such document for this actor.
        Unreadable: sealed data do not open.
        StoreAway: the store cannot be used now; nothing was shown.
    """
    return through(Attempt(actor, Event.FILE_READ, object_id=document_id), partial(_open, document_id=document_id))


def remove_document(*, actor: Actor, document_id: UUID) -> None:
    """Take out a document that this actor sent: staged, or kept in the patient's own record.

    Its row stays, with its dates; its bytes are deleted when nobody can be reading them any more.

    Raises:
        Unknown: there is no such document that this actor may take out.
    """
    through(Attempt(actor, Event.FILE_REMOVED, object_id=document_id), partial(_remove, document_id=document_id))


def _open(attempt: Attempt, *, document_id: UUID) -> OpenDocument | Exception:
    found = _found(attempt, document_id)
    if isinstance(found, Exception):
        return found
    entered, row, decision = found
    label = open_label(entered.keys, row)
    reader, stored = open_object(entered.keys, row)
    attempt.allowed(decision)
    return OpenDocument(
        document_id=row.id,
        record_id=row.record_id,
        category=Category(row.category),
        name=label.name,
        media_type=label.media_type,
        length=reader.length,
        revision=row.revision,
        reader=reader,
        handover=Handover(entered.keys.subkeys("document", row.category, row.key_version), place_of(row), stored),
    )


def _remove(attempt: Attempt, *, document_id: UUID) -> Exception | None:
    found = _found(attempt, document_id)
    if isinstance(found, Exception):
        return found
    _entered, seen, decision = found
    row = Document.objects.select_for_update().get(id=seen.id)
    if row.uploader != attempt.actor.id or not (row.record_id is None or _is_own(attempt)):
        return attempt.unknown(decision)
    if row.removed_at is None:
        empty_row(row)
        append(
            Event.FILE_REMOVED,
            actor=attempt.actor,
            outcome=Outcome.ALLOWED,
            dossier=attempt.ref.pseudonym if attempt.ref else None,
            category=row.category,
            object_id=row.id,
            ground=decision.ground,
            choice=decision.choice,
            matrix=decision.matrix,
            revision=row.revision,
            key_version=row.key_version,
        )
    return None


def _found(attempt: Attempt, document_id: UUID) -> tuple[Entered, Document, Decision] | Exception:
    """The row of a document whose record this actor may read, or that is theirs and staged."""
    find(Lookup.DOCUMENT, document_id)
    row = Document.objects.filter(id=document_id, removed_at=None).select_related("record").first()
    entered = enter(attempt.actor, row.dossier_id) if row is not None else None
    if row is None or entered is None:
        return attempt.unknown()
    attempt.ref = entered.ref
    if entered.facts.represents:
        attempt.actor = replace(attempt.actor, on_behalf_of=entered.ref.pseudonym)
    decision = _decide(attempt.actor, entered, row)
    if not decision.allowed:
        return attempt.unknown(decision)
    attempt.category = row.category
    return entered, row, decision


def _decide(actor: Actor, entered: Entered, row: Document) -> Decision:
    if row.record is not None:
        decision = decide_record(entered, row.record)
        return decision if entered.may_read else replace(decision, allowed=False)
    decision = decide(entered.facts, category=Category(row.category), right=Right.DEPOSIT)
    theirs = row.uploader == actor.id or actor.task is SystemTask.IMPORT
    return decision if theirs and entered.opening.allowed else replace(decision, allowed=False)


def _is_own(attempt: Attempt) -> bool:
    return attempt.actor.role is Role.PATIENT and attempt.ref is not None and attempt.ref.owner == attempt.actor.id
